//! Wav: one file a turn.
//!
//! Enters: sentences, and who made them. Leaves: `turn-0001.wav`, 16-bit mono, at the rate of its first sentence, with the
//! mark of what an AI generated where a [`Stamp`] gives one. Never here: a file that lacks the mark it should have, a half
//! written file under its final name, one that lacks a sentence, or one left behind. It grows under a temporary name
//! in the same directory and is renamed when the turn ends.

use std::{
    fs,
    io::{self, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempPath};

use super::{PlayError, Sink, resample::resample};
use crate::{
    flow::Speech,
    mark::{self, Mark, MarkError},
    units::{SampleRate, TurnId, pcm_to_i16},
};

/// Gives the mark of the turn's file: who provided the words and by which model, if anybody did.
pub type Stamp = Box<dyn Fn(TurnId, Option<(&str, &str)>) -> Mark + Send>;

/// A folder that gets one WAV file a turn.
pub struct WavFolder {
    dir: PathBuf,
    stamp: Option<Stamp>,
    /// The turn whose words a language model made: its provider and its name.
    made_by: Option<(TurnId, String, String)>,
    open: Option<Open>,
    /// The turn that could not be written, and why: nothing more of it is.
    failed: Option<(TurnId, PlayError)>,
}

impl std::fmt::Debug for WavFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavFolder").field("dir", &self.dir).field("open", &self.open).finish_non_exhaustive()
    }
}

/// The turn being written.
#[derive(Debug)]
struct Open {
    turn: TurnId,
    sound: Growing<BufWriter<fs::File>>,
    // Removes the file when dropped before it was renamed.
    temporary: TempPath,
}

impl WavFolder {
    /// Writes into `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// [`PlayError`]: `dir` is no directory, or cannot be made or written to.
    pub fn new(dir: impl Into<PathBuf>) -> Result<Self, PlayError> {
        let dir = dir.into();
        let fault = |cause| PlayError::at(&dir, cause);
        fs::create_dir_all(&dir).map_err(fault)?;
        // Better to learn now than after the answer was thought out.
        temporary(&dir).map_err(fault)?.close().map_err(fault)?;
        Ok(Self { dir, stamp: None, made_by: None, open: None, failed: None })
    }

    /// Marks each file with what `stamp` gives.
    #[must_use]
    pub fn stamped(self, stamp: Option<Stamp>) -> Self {
        Self { stamp, ..self }
    }

    /// Marks the finished file at `temporary`.
    fn mark(&self, turn: TurnId, temporary: &Path) -> Result<(), PlayError> {
        let Some(stamp) = &self.stamp else { return Ok(()) };
        let by = self.made_by.as_ref().filter(|(made, ..)| *made == turn);
        let mark = stamp(turn, by.map(|(_, provider, model)| (provider.as_str(), model.as_str())));
        let opened = fs::OpenOptions::new().read(true).write(true).open(temporary);
        let mut file = opened.map_err(|cause| PlayError::at(&self.path(turn), cause))?;
        mark::stamp_wav(&mut file, &mark).map_err(|error| match error {
            MarkError::Io { cause, .. } => PlayError::at(&self.path(turn), cause),
            other => PlayError::Unmarked { path: self.path(turn), reason: other.to_string() },
        })
    }

    fn path(&self, turn: TurnId) -> PathBuf {
        self.dir.join(format!("turn-{:04}.wav", turn.0))
    }

    fn start(&self, speech: &Speech) -> io::Result<Open> {
        let (file, temporary) = temporary(&self.dir)?.into_parts();
        Ok(Open { turn: speech.turn, sound: Growing::new(BufWriter::new(file), speech.rate)?, temporary })
    }

    fn write(&mut self, speech: &Speech) -> Result<(), PlayError> {
        let path = self.path(speech.turn);
        // A turn that was never finished was interrupted: its file is dropped.
        let mut open = match self.open.take().filter(|open| open.turn == speech.turn) {
            Some(open) => open,
            None => self.start(speech).map_err(|cause| PlayError::at(&path, cause))?,
        };
        let pcm = resample(&speech.pcm, speech.rate, open.sound.rate)?;
        open.sound.append(&pcm).map_err(|cause| PlayError::at(&path, cause))?;
        self.open = Some(open);
        Ok(())
    }

    /// Why `turn` could not be written, if it could not.
    fn failure(&self, turn: TurnId) -> Result<(), PlayError> {
        self.failed
            .as_ref()
            .filter(|(failed, _)| *failed == turn)
            .map_or(Ok(()), |(_, error)| Err(error.clone()))
    }
}

/// A new file in `dir` with the permissions of any file: 0644 under the usual umask.
fn temporary(dir: &Path) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new();
    file.prefix(".turn-").suffix(".part");
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    file.tempfile_in(dir)
}

impl Sink for WavFolder {
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError> {
        if speech.pcm.is_empty() {
            return Ok(());
        }
        self.failure(speech.turn)?;
        let written = self.write(speech);
        if let Err(error) = &written {
            self.failed = Some((speech.turn, error.clone()));
        }
        written
    }

    fn made_by(&mut self, turn: TurnId, provider: &str, model: &str) {
        self.made_by = Some((turn, provider.to_owned(), model.to_owned()));
    }

    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError> {
        self.failure(turn)?;
        let Some(open) = self.open.take().filter(|open| open.turn == turn) else { return Ok(None) };
        let path = self.path(turn);
        open.sound.end().map_err(|cause| PlayError::at(&path, cause))?;
        self.mark(turn, &open.temporary)?;
        open.temporary.persist(&path).map_err(|failed| PlayError::at(&path, failed.error))?;
        Ok(Some(path))
    }

    fn hush(&mut self) {
        (self.open, self.failed) = (None, None);
    }
}

/// A WAV that grows in any writer.
struct Growing<W: Write + Seek> {
    rate: SampleRate,
    writer: hound::WavWriter<W>,
}

impl<W: Write + Seek> std::fmt::Debug for Growing<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Growing").field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl<W: Write + Seek> Growing<W> {
    fn new(writer: W, rate: SampleRate) -> io::Result<Self> {
        let format = hound::SampleFormat::Int;
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate.hz(),
            bits_per_sample: 16,
            sample_format: format,
        };
        Ok(Self { rate, writer: hound::WavWriter::new(writer, spec).map_err(system)? })
    }

    fn append(&mut self, pcm: &[f32]) -> io::Result<()> {
        pcm.iter().try_for_each(|sample| self.writer.write_sample(pcm_to_i16(*sample))).map_err(system)?;
        // A full disk is met at the sentence that filled it.
        self.writer.flush().map_err(system)
    }

    fn end(self) -> io::Result<()> {
        self.writer.finalize().map_err(system)
    }
}

/// hound's error as the system's; only its I/O errors can arise from what is written here, or a file over 4 GiB.
fn system(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(cause) => cause,
        other => io::Error::new(io::ErrorKind::FileTooLarge, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Remedy;

    fn speech(turn: u64, seq: u32, hz: u32, pcm: Vec<f32>) -> Speech {
        Speech { turn: TurnId(turn), seq, rate: SampleRate::new(hz).unwrap(), pcm: pcm.into() }
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_turns_sentences_become_one_file_that_appears_whole() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("made/on/demand");
        let mut sink = WavFolder::new(&out).unwrap();
        fs::write(out.join("turn-0007.wav"), "of an earlier run").unwrap();
        sink.play(&speech(7, 0, 16_000, vec![0.5; 1_600])).unwrap();
        sink.play(&speech(7, 1, 22_050, vec![0.25; 2_205])).unwrap();
        sink.play(&speech(7, 2, 22_050, vec![])).unwrap();
        assert_eq!(fs::read(out.join("turn-0007.wav")).unwrap(), b"of an earlier run");
        let path = sink.finish(TurnId(7)).unwrap().unwrap();
        assert_eq!(path, out.join("turn-0007.wav"));
        let mut wav = hound::WavReader::open(&path).unwrap();
        assert_eq!(
            (wav.spec().channels, wav.spec().sample_rate, wav.spec().bits_per_sample),
            (1, 16_000, 16)
        );
        let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
        assert!(samples.len().abs_diff(3_200) <= 1, "{}", samples.len());
        assert_eq!((samples[100], samples[1_599]), (16_384, 16_384));
        assert!((samples[2_400] - 8_192).abs() < 200, "{}", samples[2_400]);
        assert_eq!(names(&out), ["turn-0007.wav"]);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o700, 0o600);
        }
    }

    #[test]
    fn a_hushed_or_overtaken_turn_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = WavFolder::new(dir.path()).unwrap();
        sink.play(&speech(1, 0, 16_000, vec![0.5; 160])).unwrap();
        sink.hush();
        assert_eq!(sink.finish(TurnId(1)).unwrap(), None);
        sink.play(&speech(2, 0, 16_000, vec![0.5; 160])).unwrap();
        sink.play(&speech(3, 0, 16_000, vec![0.5; 160])).unwrap();
        assert_eq!(sink.finish(TurnId(2)).unwrap(), None);
        drop(sink);
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below")] {
            let error = WavFolder::new(&path).unwrap_err();
            assert_eq!(error.kind(), "out_not_a_directory", "{error}");
            assert!(error.to_string().contains(path.to_str().unwrap()));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_turn_that_lost_a_sentence_becomes_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let mut sink = WavFolder::new(&out).unwrap();
        fs::remove_dir(&out).unwrap();
        let lost = sink.play(&speech(1, 0, 16_000, vec![0.5; 160])).unwrap_err();
        fs::create_dir(&out).unwrap();
        for told in [sink.play(&speech(1, 1, 16_000, vec![0.5; 160])), sink.finish(TurnId(1)).map(drop)] {
            assert_eq!(told.unwrap_err().to_string(), lost.to_string());
        }
        assert_eq!(names(&out), Vec::<String>::new());
        sink.play(&speech(2, 0, 16_000, vec![0.5; 160])).unwrap();
        assert!(sink.finish(TurnId(2)).unwrap().is_some());
    }

    /// A disk with room for `left` bytes.
    struct Disk {
        left: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.left);
            self.left -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, _: io::SeekFrom) -> io::Result<u64> {
            Ok(0)
        }
    }

    #[test]
    fn a_full_disk_is_an_error_wherever_it_fills() {
        for left in [0, 10, 44, 100] {
            let written = Growing::new(Disk { left }, SampleRate::PIPELINE)
                .and_then(|mut sound| sound.append(&[0.5; 1_000]).and_then(|()| sound.end()));
            let error = PlayError::at(Path::new("/out/turn-0001.wav"), written.unwrap_err());
            assert_eq!(error.kind(), "out_disk_full", "room for {left}: {error}");
        }
    }
}
