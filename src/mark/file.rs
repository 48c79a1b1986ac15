//! File: reads and writes marks, whatever the kind of file.
//!
//! Enters: paths, or bytes. Leaves: marks; a marked copy that appears whole under its name, or not at all, after its mark
//! was read back from the disk. Never here: a file changed in its place that somebody else made, a mark over another one.

use std::{
    fs::File,
    io::{Cursor, Seek, SeekFrom, Write},
    path::Path,
};

use serde::Serialize;

use super::{
    Mark, MarkError,
    bytes::{Bytes, Found, Patch, Texts},
    flac, id3, jpeg, mp4, ogg, png, riff,
};

/// The kinds of files that can be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Uncompressed sound.
    Wav,
    /// MPEG audio, layer III.
    Mp3,
    /// FLAC.
    Flac,
    /// Vorbis or Opus in Ogg.
    Ogg,
    /// AAC or ALAC in MPEG-4, and MPEG-4 video.
    Mp4,
    /// A PNG image.
    Png,
    /// A JPEG image.
    Jpeg,
}

impl Kind {
    /// The kind of a file by its first bytes; its name does not matter.
    fn of(bytes: &mut Bytes<'_>) -> Result<Self, MarkError> {
        let head = bytes.get(0, bytes.length().min(16))?;
        type Is = fn(&[u8]) -> bool;
        let kinds: [(Is, Self); 7] = [
            (riff::is, Self::Wav),
            (flac::is, Self::Flac),
            (ogg::is, Self::Ogg),
            (mp4::is, Self::Mp4),
            (png::is, Self::Png),
            (jpeg::is, Self::Jpeg),
            (id3::is, Self::Mp3),
        ];
        kinds.iter().find(|(is, _)| is(&head)).map(|(_, kind)| *kind).ok_or(MarkError::UnknownKind)
    }

    fn read(self, bytes: &mut Bytes<'_>) -> Result<Found, MarkError> {
        match self {
            Self::Wav => riff::read(bytes),
            Self::Mp3 => id3::read(bytes),
            Self::Flac => flac::read(bytes),
            Self::Ogg => ogg::read(bytes),
            Self::Mp4 => mp4::read(bytes),
            Self::Png => png::read(bytes),
            Self::Jpeg => jpeg::read(bytes),
        }
    }

    fn patches(self, bytes: &mut Bytes<'_>, texts: &Texts) -> Result<Vec<Patch>, MarkError> {
        match self {
            Self::Wav => riff::patches(bytes, texts),
            Self::Mp3 => id3::patches(bytes, texts),
            Self::Flac => flac::patches(bytes, texts),
            Self::Ogg => ogg::patches(bytes, texts),
            Self::Mp4 => mp4::patches(bytes, texts),
            Self::Png => png::patches(bytes, texts),
            Self::Jpeg => jpeg::patches(bytes, texts),
        }
    }
}

/// The kind of the file at `path`, and its mark.
///
/// # Errors
/// [`MarkError`]: no file that is known, a damaged one, a label that is none.
pub fn read(path: &Path) -> Result<(Kind, Option<Mark>), MarkError> {
    let mut source = opened(path)?;
    read_from(&mut Bytes::new(&mut source)?)
}

/// The same of a file in memory.
///
/// # Errors
/// As for [`read`].
pub fn read_bytes(file: &[u8]) -> Result<(Kind, Option<Mark>), MarkError> {
    read_from(&mut Bytes::new(&mut Cursor::new(file))?)
}

fn read_from(bytes: &mut Bytes<'_>) -> Result<(Kind, Option<Mark>), MarkError> {
    let kind = Kind::of(bytes)?;
    Ok((kind, Mark::of(&kind.read(bytes)?)?))
}

/// Writes a copy of `from` with `mark` to `to`.
///
/// # Errors
/// [`MarkError`]: as for [`read`], a mark that is there, a copy whose name is taken or whose mark cannot be read back.
pub fn write(from: &Path, to: &Path, mark: &Mark) -> Result<(), MarkError> {
    let fault = |cause| MarkError::Io { what: "write the copy", cause };
    let taken = || MarkError::Exists { path: to.to_owned() };
    if to.symlink_metadata().is_ok() {
        return Err(taken());
    }
    let folder = to.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let mut source = opened(from)?;
    let mut file = tempfile::Builder::new();
    file.prefix(".mark-").suffix(".part");
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut copy = file.tempfile_in(folder).map_err(fault)?;
    let mut out = std::io::BufWriter::new(copy.as_file_mut());
    copied(&mut Bytes::new(&mut source)?, mark, &mut out)?;
    out.flush().map_err(fault)?;
    drop(out);
    copy.as_file().sync_all().map_err(fault)?;
    if read(copy.path())?.1.as_ref() != Some(mark) {
        return Err(MarkError::NotKept);
    }
    // Another program may have taken the name meanwhile.
    copy.persist_noclobber(to).map(drop).map_err(|failed| {
        if failed.error.kind() == std::io::ErrorKind::AlreadyExists { taken() } else { fault(failed.error) }
    })
}

/// The file in memory `file` with `mark`.
///
/// # Errors
/// As for [`write()`].
pub fn marked(file: &[u8], mark: &Mark) -> Result<Vec<u8>, MarkError> {
    let mut out = Vec::new();
    copied(&mut Bytes::new(&mut Cursor::new(file))?, mark, &mut out)?;
    if read_bytes(&out)?.1.as_ref() == Some(mark) { Ok(out) } else { Err(MarkError::NotKept) }
}

fn copied(bytes: &mut Bytes<'_>, mark: &Mark, out: &mut dyn Write) -> Result<(), MarkError> {
    let kind = Kind::of(bytes)?;
    if let Some(label) = kind.read(bytes)?.aigc {
        // As much of it as a line shows.
        return Err(MarkError::Marked {
            label: label.chars().filter(|c| !c.is_control()).take(300).collect(),
        });
    }
    let patches = kind.patches(bytes, &mark.texts())?;
    bytes.copy(patches, out)
}

/// Marks the WAV file `file` where it lies: one that is still being made, and has no other mark.
///
/// # Errors
/// [`MarkError`]: the system's error, or a mark that cannot be read back.
pub fn stamp_wav(file: &mut File, mark: &Mark) -> Result<(), MarkError> {
    let fault = |cause| MarkError::Io { what: "write the mark", cause };
    let patches = riff::patches(&mut Bytes::new(file)?, &mark.texts())?;
    for patch in patches {
        // A size gives way to a size, and the chunks lie behind all else.
        file.seek(SeekFrom::Start(patch.at)).and_then(|_| file.write_all(&patch.put)).map_err(fault)?;
    }
    let found = riff::read(&mut Bytes::new(file)?)?;
    if Mark::of(&found)?.as_ref() == Some(mark) { Ok(()) } else { Err(MarkError::NotKept) }
}

fn opened(path: &Path) -> Result<File, MarkError> {
    let fault = |cause| MarkError::Io { what: "read the file", cause };
    let file = File::open(path).map_err(fault)?;
    // A pipe or a device has no end to seek to.
    if file.metadata().map_err(fault)?.is_file() { Ok(file) } else { Err(MarkError::UnknownKind) }
}
