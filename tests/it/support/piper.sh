#!/bin/sh
# Stands for Piper: takes its options and the text on stdin, and answers with answer.wav from beside the model.
read -r text
[ "$text" = 'Hello there.' ] || exit 7
while [ $# -gt 0 ]; do
    [ "$1" = --model ] && model=$2
    shift
done
exec cat "$(dirname "$model")/answer.wav"
