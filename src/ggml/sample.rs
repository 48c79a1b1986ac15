//! Sample: the smallest whole models there are, for tests. All their weights are zero.

use super::{Header, MAGIC};

/// A model of one decoder layer, 1 MB large, that knows English alone or 99 languages.
pub(crate) fn sample(multilingual: bool) -> Vec<u8> {
    let (vocabulary, state) = (51_864 + u32::from(multilingual), 32);
    let mut file = Vec::new();
    let mut put = |numbers: &[u32]| numbers.iter().for_each(|n| file.extend(n.to_le_bytes()));
    put(&[MAGIC, vocabulary, 64, state, 1, 4, 64, state, 1, 1, 80, 2]);
    put(&[80, 201]);
    put(&[0; 80 * 201]);
    put(&[1, 1]);
    file.push(b' ');
    // 11 tensors, 15 an encoder layer, 24 for the decoder layer; the last holds what the others leave.
    let tensors = 11 + 4 * 15 + 24;
    let layer = 12 * state * state + 12 * state;
    let ends = state * (64 + 3 * 80 + 3 * state + 4 + 64 + vocabulary + 2);
    let elements = ends + 5 * layer + 4 * state * state + 5 * state;
    for tensor in 1..=tensors {
        let count = if tensor < tensors { 32 } else { elements - 32 * (tensors - 1) };
        // One dimension, a name of one letter, 32 elements in 18 bytes.
        for number in [1, 1, 2, count] {
            file.extend(u32::to_le_bytes(number));
        }
        file.push(b't');
        file.resize(file.len() + usize::try_from(count / 32 * 18).unwrap(), 0);
    }
    file
}

/// A header of the built-in model's shape, but for the vocabulary and the encoder's positions.
pub(crate) fn small_header(n_vocab: u32, n_audio_ctx: u32) -> Header {
    Header {
        n_vocab,
        n_audio_ctx,
        n_state: 192,
        n_audio_layer: 4,
        n_text_ctx: 128,
        n_text_layer: 2,
        n_mels: 80,
        ftype: 7,
    }
}
