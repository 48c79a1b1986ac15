//! Coded: a recording in a compressed format, packet by packet. symphonia is named here and nowhere else.
//!
//! Enters: a file's bytes. Leaves: blocks of samples. Never here: a panic that gets out of a decoder.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub(super) use symphonia::core::io::{MediaSource, ReadOnlySource};
use symphonia::core::{
    codecs::audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions, well_known},
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

use super::{
    SourceError,
    blocks::{Flaws, Shape},
    content::Content,
};

/// Undecodable packets in a row after which a recording counts as damaged: more than a second of MP3.
const MAX_BAD_PACKETS: u32 = 50;

/// What a decoder gave for one packet.
enum Packet {
    Sound(Shape),
    /// Nothing to hear: another track, or a packet that only starts the decoder up.
    Silent,
    Bad(String),
    End,
}

/// A compressed recording.
pub(super) struct Coded {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Sound came out of it.
    sounded: bool,
}

impl Coded {
    /// Finds the format of `media` and a decoder for its sound.
    pub(super) fn open(
        name: &str,
        media: Box<dyn MediaSource>,
        content: Content,
    ) -> Result<Self, SourceError> {
        guarded(name, || {
            let stream = MediaSourceStream::new(media, Default::default());
            let probe = symphonia::default::get_probe();
            let format = probe
                .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
                .map_err(|error| header_error(name, error, content))?;
            let (track, decoder) = decoder(name, format.as_ref())?;
            Ok(Self { format, decoder, track, sounded: false })
        })?
    }

    /// Puts the next block that holds sound into `out`; `None` at the end.
    pub(super) fn block(
        &mut self,
        name: &str,
        out: &mut Vec<f32>,
        flaws: &mut Flaws,
    ) -> Result<Option<Shape>, SourceError> {
        let mut bad_in_a_row = 0;
        loop {
            match guarded(name, || self.packet(name, out, flaws))?? {
                Packet::Sound(shape) => {
                    self.sounded = true;
                    return Ok(Some(shape));
                }
                Packet::Silent => {}
                Packet::Bad(detail) => {
                    flaws.bad_packets += 1;
                    bad_in_a_row += 1;
                    if bad_in_a_row >= MAX_BAD_PACKETS {
                        return Err(SourceError::Corrupt { name: name.to_owned(), detail });
                    }
                }
                Packet::End if !self.sounded && bad_in_a_row > 0 => {
                    let detail = format!("none of its {bad_in_a_row} packets could be decoded");
                    return Err(SourceError::Corrupt { name: name.to_owned(), detail });
                }
                Packet::End => return Ok(None),
            }
        }
    }

    fn packet(&mut self, name: &str, out: &mut Vec<f32>, flaws: &mut Flaws) -> Result<Packet, SourceError> {
        let packet = match self.format.next_packet() {
            Ok(Some(packet)) if packet.track_id == self.track => packet,
            Ok(Some(_)) => return Ok(Packet::Silent),
            Ok(None) => return Ok(Packet::End),
            Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                flaws.truncated = true;
                return Ok(Packet::End);
            }
            Err(Error::IoError(error)) => return Err(SourceError::of_io(name, error)),
            Err(Error::ResetRequired) => {
                (self.track, self.decoder) = decoder(name, self.format.as_ref())?;
                return Ok(Packet::Silent);
            }
            Err(error) => return Ok(Packet::Bad(error.to_string())),
        };
        let sound = match self.decoder.decode(&packet) {
            Ok(sound) => sound,
            Err(error) => {
                let detail = error.to_string();
                if matches!(error, Error::ResetRequired) {
                    self.decoder.reset();
                }
                return Ok(Packet::Bad(detail));
            }
        };
        if sound.frames() == 0 {
            return Ok(Packet::Silent);
        }
        let shape = Shape::checked(name, sound.spec().rate(), sound.spec().channels().count())?;
        sound.copy_to_vec_interleaved(out);
        Ok(Packet::Sound(shape))
    }
}

/// The first track that can be heard, and its decoder.
fn decoder(name: &str, format: &dyn FormatReader) -> Result<(u32, Box<dyn AudioDecoder>), SourceError> {
    let no_track = || SourceError::NoAudioTrack { name: name.to_owned() };
    let track = format.default_track(TrackType::Audio).ok_or_else(no_track)?;
    let codec = track.codec_params.as_ref().and_then(|codec| codec.audio()).ok_or_else(no_track)?;
    // A decoder allocates for what the header claims, so the claim is checked before there is one.
    if let (Some(hz), Some(channels)) = (codec.sample_rate, &codec.channels) {
        Shape::checked(name, hz, channels.count())?;
    }
    let decoder = symphonia::default::get_codecs().make_audio_decoder(codec, &AudioDecoderOptions::default());
    match decoder {
        Ok(decoder) => Ok((track.id, decoder)),
        Err(Error::Unsupported(detail)) => {
            let codec = codec_name(codec.codec).unwrap_or(detail).to_owned();
            Err(SourceError::UnsupportedCodec { name: name.to_owned(), codec })
        }
        Err(error) => Err(header_error(name, error, Content::Readable)),
    }
}

/// Codecs met inside containers that can be read.
fn codec_name(codec: AudioCodecId) -> Option<&'static str> {
    const KNOWN: [(AudioCodecId, &str); 6] = [
        (well_known::CODEC_ID_OPUS, "Opus"),
        (well_known::CODEC_ID_SPEEX, "Speex"),
        (well_known::CODEC_ID_AC3, "AC-3"),
        (well_known::CODEC_ID_EAC3, "E-AC-3"),
        (well_known::CODEC_ID_MP2, "MPEG layer 2"),
        (well_known::CODEC_ID_MP1, "MPEG layer 1"),
    ];
    KNOWN.iter().find(|(known, _)| *known == codec).map(|(_, name)| *name)
}

fn header_error(name: &str, error: Error, content: Content) -> SourceError {
    let name = name.to_owned();
    match error {
        Error::Unsupported(detail) => match content {
            Content::Readable => SourceError::Corrupt { name, detail: detail.to_owned() },
            Content::Foreign(codec) => SourceError::UnsupportedCodec { name, codec: codec.to_owned() },
            Content::Unknown => SourceError::NotAudio { name, detail: detail.to_owned() },
        },
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            SourceError::NoSound { name }
        }
        Error::IoError(error) => SourceError::of_io(&name, error),
        error => SourceError::Corrupt { name, detail: error.to_string() },
    }
}

/// Runs decoder code, which reads foreign bytes and may panic on them.
fn guarded<T>(name: &str, work: impl FnOnce() -> T) -> Result<T, SourceError> {
    // After a panic the source has ended, so no half-changed state is looked at again.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| SourceError::DecoderFailed { name: name.to_owned() })
}
