//! File: a recording of any format, packet by packet.
//!
//! Enters: a path or a reader; its content decides the format, its name never. Leaves: [`Frame`]s. Never here: more
//! than a packet of sound in memory.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use super::{
    Source, SourceError,
    blocks::{Flaws, Framer},
    coded::{Coded, MediaSource, ReadOnlySource},
    content::Content,
    wav::{self, Pcm},
};
use crate::{flow::Frame, units::PIPELINE_HZ};

/// Bytes read to tell the format; a WAV whose tags are longer goes through symphonia.
const HEAD_BYTES: usize = 64 * 1024;

/// How much of a recording is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest recording, in seconds. Default 6 hours.
    pub max_seconds: u64,
    /// The largest M4A that comes through a pipe, in bytes: its index may be at its end, so it is held in memory.
    /// Default 256 MiB.
    pub max_buffer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_seconds: 6 * 60 * 60, max_buffer_bytes: 256 * 1024 * 1024 }
    }
}

/// A recording that is decoded as it is asked for.
pub struct FileSource {
    name: String,
    decoder: Decoder,
    framer: Framer,
    block: Vec<f32>,
    flaws: Flaws,
    limits: Limits,
    ended: bool,
}

enum Decoder {
    Pcm(Pcm),
    Coded(Coded),
}

impl FileSource {
    /// Opens the recording at `path`.
    ///
    /// # Errors
    /// When it cannot be opened, is a directory or empty, or holds no sound that can be decoded.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let failed = |error| SourceError::of_io(&name, error);
        let mut file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(SourceError::IsDirectory { name });
        }
        if !metadata.is_file() {
            return Self::from_reader(Box::new(file), &name, limits);
        }
        let head = read_head(&mut file).map_err(failed)?;
        Self::seekable(Box::new(file), &head, name, limits)
    }

    /// Reads a recording from a pipe; `name` stands for it in messages.
    ///
    /// # Errors
    /// When it is empty or holds no sound that can be decoded, or an M4A is larger than `limits` allow.
    pub fn from_reader(
        mut reader: Box<dyn Read + Send + Sync>,
        name: &str,
        limits: &Limits,
    ) -> Result<Self, SourceError> {
        let mut head = read_head(&mut reader).map_err(|error| SourceError::of_io(name, error))?;
        if matches!(head.get(4..8), Some(b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip")) {
            let room = limits.max_buffer_bytes.saturating_sub(head.len()).saturating_add(1);
            let read = reader.take(crate::units::length_u64(room)).read_to_end(&mut head);
            read.map_err(|error| SourceError::of_io(name, error))?;
            if head.len() > limits.max_buffer_bytes {
                let max_bytes = limits.max_buffer_bytes;
                return Err(SourceError::TooLarge { name: name.to_owned(), max_bytes });
            }
            return Self::from_bytes(head, name, limits);
        }
        let decoder = match pcm_header(&head, name)? {
            Some(header) => {
                let rest = Cursor::new(head.split_off(Pcm::data_at(&header)));
                Decoder::Pcm(Pcm::new(name, &header, Box::new(rest.chain(reader)))?)
            }
            None => {
                let content = Content::of(&head);
                let whole = ReadOnlySource::new(Cursor::new(head).chain(reader));
                Decoder::Coded(Coded::open(name, Box::new(whole), content)?)
            }
        };
        Ok(Self::new(name.to_owned(), decoder, limits))
    }

    fn from_bytes(bytes: Vec<u8>, name: &str, limits: &Limits) -> Result<Self, SourceError> {
        let head = bytes[..bytes.len().min(HEAD_BYTES)].to_vec();
        Self::seekable(Box::new(Cursor::new(bytes)), &head, name.to_owned(), limits)
    }

    fn seekable(
        mut media: Box<dyn MediaSource>,
        head: &[u8],
        name: String,
        limits: &Limits,
    ) -> Result<Self, SourceError> {
        let header = pcm_header(head, &name)?;
        let start = header.as_ref().map_or(0, Pcm::data_at);
        media
            .seek(SeekFrom::Start(crate::units::length_u64(start)))
            .map_err(|error| SourceError::of_io(&name, error))?;
        let decoder = match header {
            Some(header) => Decoder::Pcm(Pcm::new(&name, &header, Box::new(io::BufReader::new(media)))?),
            None => Decoder::Coded(Coded::open(&name, media, Content::of(head))?),
        };
        Ok(Self::new(name, decoder, limits))
    }

    fn new(name: String, decoder: Decoder, limits: &Limits) -> Self {
        Self {
            name,
            decoder,
            framer: Framer::default(),
            block: Vec::new(),
            flaws: Flaws::default(),
            limits: *limits,
            ended: false,
        }
    }

    /// Decodes one block into the framer; false at the end.
    fn fill(&mut self) -> Result<bool, SourceError> {
        let shape = match &mut self.decoder {
            Decoder::Pcm(pcm) => pcm
                .block(&mut self.block, &mut self.flaws)
                .map_err(|error| SourceError::of_io(&self.name, error))?,
            Decoder::Coded(coded) => coded.block(&self.name, &mut self.block, &mut self.flaws)?,
        };
        let Some(shape) = shape else { return Ok(false) };
        self.framer.push(&self.block, shape);
        if self.framer.samples >= u64::from(PIPELINE_HZ) {
            self.check_numbers()?;
        }
        Ok(true)
    }

    /// Fails where most samples are no numbers.
    fn check_numbers(&self) -> Result<(), SourceError> {
        let (count, of) = (self.framer.not_numbers, self.framer.samples);
        if count > of / 2 {
            return Err(SourceError::NotNumbers { name: self.name.clone(), count, of });
        }
        Ok(())
    }

    fn step(&mut self) -> Result<Option<Frame>, SourceError> {
        loop {
            if let Some(frame) = self.framer.take() {
                if frame.at.ms() / 1_000 >= self.limits.max_seconds {
                    let (name, max_seconds) = (self.name.clone(), self.limits.max_seconds);
                    return Err(SourceError::TooLong { name, max_seconds });
                }
                return Ok(Some(frame));
            }
            if self.ended {
                return Ok(None);
            }
            if !self.fill()? {
                self.ended = true;
                if self.framer.samples == 0 {
                    return Err(SourceError::NoSound { name: self.name.clone() });
                }
                self.check_numbers()?;
                self.framer.finish();
            }
        }
    }
}

impl Source for FileSource {
    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let step = self.step();
        if step.is_err() {
            self.ended = true;
            self.framer = Framer::default();
        }
        step
    }

    fn flaws(&self) -> Flaws {
        Flaws { not_numbers: self.framer.not_numbers, ..self.flaws }
    }
}

/// Decodes `data` as a recording of at most a minute and gives the number of 16 kHz samples in it: the way in for
/// tests and fuzzing.
///
/// # Errors
/// What [`FileSource`] finds wrong with it.
pub fn decode_bytes(data: &[u8]) -> Result<usize, SourceError> {
    let limits = Limits { max_seconds: 60, ..Limits::default() };
    if data.is_empty() {
        return Err(SourceError::Empty { name: "bytes".to_owned() });
    }
    let mut source = FileSource::from_bytes(data.to_vec(), "bytes", &limits)?;
    let mut samples = 0;
    while let Some(frame) = source.next()? {
        samples += frame.pcm.len();
    }
    Ok(samples)
}

fn read_head(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(crate::units::length_u64(HEAD_BYTES)).read_to_end(&mut head)?;
    Ok(head)
}

fn pcm_header(head: &[u8], name: &str) -> Result<Option<wav::Header>, SourceError> {
    if head.is_empty() {
        return Err(SourceError::Empty { name: name.to_owned() });
    }
    Ok(wav::header(head))
}
