//! Recordings of every format, rate and channel count, whole and damaged, through the real decoders.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test that fails here has failed, and its numbers are small"
)]

use std::{
    fs,
    io::{Cursor, Read, Seek, Write},
    path::{Path, PathBuf},
};

use mynah::{
    flow::{FRAME_SAMPLES, Remedy},
    source::{FileSource, Limits, Pulled, Source, SourceError, callback, decode_bytes, tap},
    units::SampleRate,
};
use proptest::prelude::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/formats").join(name)
}

/// All samples of a source, after checking that its frames have no gap.
fn drain(mut source: FileSource) -> Result<Vec<f32>, SourceError> {
    let mut pcm = Vec::new();
    while let Some(frame) = source.next()? {
        assert_eq!(usize::try_from(frame.at.0).unwrap(), pcm.len(), "frames follow one another");
        assert!(frame.pcm.iter().all(|sample| sample.abs() <= 1.0));
        pcm.extend_from_slice(&frame.pcm);
    }
    assert!(source.next()?.is_none(), "an ended source stays ended");
    Ok(pcm)
}

fn decode(bytes: Vec<u8>) -> Result<Vec<f32>, SourceError> {
    drain(FileSource::from_reader(Box::new(Cursor::new(bytes)), "test", &Limits::default())?)
}

fn kind(result: Result<Vec<f32>, SourceError>) -> &'static str {
    let error = result.expect_err("this must fail");
    assert!(error.remedy().len() > 10 && !error.to_string().is_empty());
    error.kind()
}

/// The best normalised correlation within `reach` samples of lag, and that lag; over every seventh sample.
fn correlation(a: &[f32], b: &[f32], reach: isize) -> (f32, isize) {
    let at = |lag: isize| {
        let (mut dot, mut aa, mut bb) = (0.0, 1e-9, 1e-9);
        for (n, x) in a.iter().enumerate().step_by(7) {
            let Some(y) = n.checked_add_signed(lag).and_then(|m| b.get(m)) else { continue };
            (dot, aa, bb) = (dot + x * y, aa + x * x, bb + y * y);
        }
        dot / (aa * bb).sqrt()
    };
    (-reach..=reach).map(|lag| (at(lag), lag)).max_by(|x, y| x.0.total_cmp(&y.0)).unwrap()
}

/// A 16-bit or float WAV of a soft 200 Hz tone with the same sound in every channel.
fn wav(hz: u32, channels: u16, seconds: f32, float: bool) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: hz,
        bits_per_sample: if float { 32 } else { 16 },
        sample_format: if float { hound::SampleFormat::Float } else { hound::SampleFormat::Int },
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for n in 0..(hz as f32 * seconds) as u32 {
        let sample = 0.4 * (n as f32 / hz as f32 * 200.0 * std::f32::consts::TAU).sin();
        for _ in 0..channels {
            if float { writer.write_sample(sample) } else { writer.write_sample((sample * 32767.0) as i16) }
                .unwrap();
        }
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn every_format_gives_the_same_sound() {
    let whole = drain(FileSource::open(&fixture("s16.wav"), &Limits::default()).unwrap()).unwrap();
    assert_eq!(whole.len(), 29_040_usize.next_multiple_of(FRAME_SAMPLES));
    for (name, least) in [
        ("u8.wav", 0.95),
        ("s24.wav", 0.95),
        ("f32.wav", 0.95),
        ("mulaw.wav", 0.95),
        ("adpcm.wav", 0.98),
        ("flac.flac", 0.99),
        ("mp3.mp3", 0.95),
        ("vorbis.ogg", 0.95),
        ("aac.m4a", 0.95),
        ("aiff.aiff", 0.95),
    ] {
        let file = drain(FileSource::open(&fixture(name), &Limits::default()).unwrap()).unwrap();
        let pipe = decode(fs::read(fixture(name)).unwrap()).unwrap();
        assert_eq!(file, pipe, "{name}: a pipe gives what the file gives");
        // AAC's start-up delay (1024 samples at 44.1 kHz) is not marked in a way symphonia takes out.
        let reach = if name == "aac.m4a" { 1_000 } else { 16 };
        let (best, lag) = correlation(&whole, &file, reach);
        assert!(best > least, "{name}: correlation {best} at lag {lag}");
    }
}

#[test]
fn content_decides_and_the_name_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("really-a-wav.mp3");
    fs::copy(fixture("s16.wav"), &path).unwrap();
    let named_mp3 = drain(FileSource::open(&path, &Limits::default()).unwrap()).unwrap();
    assert_eq!(named_mp3.len(), 29_184);
}

#[test]
fn every_rate_and_channel_count_gives_the_same_sound() {
    let reference = decode(wav(16_000, 1, 0.5, false)).unwrap();
    for (hz, channels, float) in [
        (8_000, 1, false),
        (11_025, 2, false),
        (22_050, 6, false),
        (44_100, 32, false),
        (48_000, 64, true),
        (96_000, 2, true),
        (7_999, 1, false),
        (192_000, 1, false),
    ] {
        let pcm = decode(wav(hz, channels, 0.5, float)).unwrap();
        assert_eq!(pcm.len(), reference.len(), "{hz} Hz");
        let (best, lag) = correlation(&reference, &pcm, 20);
        assert!(best > 0.99 && lag.abs() <= 1, "{hz} Hz, {channels} channels: {best} at lag {lag}");
    }
}

#[test]
fn truncated_recordings_give_what_they_hold() {
    for name in ["s16.wav", "adpcm.wav", "flac.flac", "mp3.mp3", "vorbis.ogg", "aac.m4a", "aiff.aiff"] {
        let whole = fs::read(fixture(name)).unwrap();
        let cut = decode(whole[..whole.len() * 6 / 10].to_vec());
        match name {
            // The index of an M4A comes last, and a short Ogg file is one page with one checksum.
            "aac.m4a" => assert_eq!(kind(cut), "corrupt_audio"),
            "vorbis.ogg" => assert_eq!(kind(cut), "no_sound"),
            _ => assert!(cut.unwrap().len() > 14_000, "{name}"),
        }
    }
}

#[test]
fn headers_that_lie_end_in_one_clear_error_or_in_sound() {
    let good = wav(16_000, 1, 0.5, false);
    let patched = |at: usize, bytes: &[u8]| {
        let mut lying = good.clone();
        lying[at..at + bytes.len()].copy_from_slice(bytes);
        decode(lying)
    };
    let data = good.windows(4).position(|four| four == b"data").unwrap();

    assert_eq!(kind(patched(24, &[0; 4])), "bad_sample_rate");
    assert_eq!(kind(patched(24, &[0xff; 4])), "bad_sample_rate");
    assert_eq!(kind(patched(22, &[0, 0])), "bad_channel_count");
    assert_eq!(kind(patched(22, &[0xff, 0xff])), "bad_channel_count");
    assert_eq!(kind(decode(good[..data + 8].to_vec())), "no_sound");
    assert_eq!(kind(decode(good[..20].to_vec())), "no_sound");
    // Sizes: more than there is, unknown, never written.
    for size in [100_000_000_u32, u32::MAX, 0x7fff_f000] {
        assert_eq!(patched(data + 4, &size.to_le_bytes()).unwrap().len(), 8_192, "claims {size}");
    }
    let mut killed = good.clone();
    killed[4..8].fill(0);
    killed[data + 4..data + 8].fill(0);
    assert_eq!(decode(killed).unwrap().len(), 8_192, "a recorder that was killed");
}

#[test]
fn what_is_no_recording_says_so() {
    assert_eq!(kind(decode(Vec::new())), "empty_file");
    assert_eq!(kind(decode(b"Dear diary, today I recorded nothing.".repeat(40))), "not_audio");
    assert_eq!(kind(decode(vec![0; 5_000])), "not_audio");
    for name in ["opus.ogg", "opus.webm"] {
        let error = decode(fs::read(fixture(name)).unwrap()).unwrap_err();
        assert_eq!(error.kind(), "unsupported_codec");
        assert!(error.to_string().contains("Opus") && error.remedy().contains("ffmpeg"), "{error}");
    }
    let open = |path: &Path| FileSource::open(path, &Limits::default()).and_then(drain);
    assert_eq!(kind(open(Path::new("/nowhere/at/all.wav"))), "not_found");
    assert_eq!(kind(open(fixture("").as_path())), "is_directory");
}

#[test]
fn samples_that_are_no_numbers_are_counted_and_too_many_are_an_error() {
    let good = wav(16_000, 1, 0.5, true);
    let start = good.len() - 8_000 * 4;
    let mut few = good.clone();
    few[start + 400..start + 404].copy_from_slice(&f32::NAN.to_le_bytes());
    few[start + 800..start + 804].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let mut source = FileSource::from_reader(Box::new(Cursor::new(few)), "few", &Limits::default()).unwrap();
    while source.next().unwrap().is_some() {}
    assert_eq!(source.flaws().not_numbers, 2);
    let note = source.flaws().note().unwrap();
    assert_eq!(note, "2 samples were no numbers and count as silence");

    let mut all = good;
    for sample in all[start..].chunks_exact_mut(4) {
        sample.copy_from_slice(&f32::NAN.to_le_bytes());
    }
    assert_eq!(kind(decode(all)), "not_numbers");
}

#[test]
fn a_cut_recording_tells_so_through_any_source() {
    let whole = wav(16_000, 1, 0.5, false);
    for (bytes, cut) in [(&whole[..], false), (&whole[..whole.len() - 3_000], true)] {
        let bytes = Box::new(Cursor::new(bytes.to_vec()));
        let source = FileSource::from_reader(bytes, "cut", &Limits::default()).unwrap();
        let mut source: Box<dyn Source> = Box::new(source);
        while source.next().unwrap().is_some() {}
        assert_eq!(source.flaws().note().is_some_and(|note| note.contains("cut off")), cut);
    }
}

#[test]
fn limits_end_what_is_too_long_or_too_large() {
    let limits = Limits { max_seconds: 1, max_buffer_bytes: 1_000 };
    let open = |bytes: Vec<u8>| FileSource::from_reader(Box::new(Cursor::new(bytes)), "long", &limits);
    assert_eq!(kind(open(wav(8_000, 1, 1.5, false)).and_then(drain)), "too_long");
    assert_eq!(kind(open(fs::read(fixture("aac.m4a")).unwrap()).and_then(drain)), "too_large");
}

#[test]
fn a_long_pipe_is_decoded_as_it_comes() {
    /// 8 kHz mono A-law silence, made as it is read.
    struct Silence(u64);
    impl Read for Silence {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let given = buffer.len().min(usize::try_from(self.0).unwrap());
            buffer[..given].fill(0xd5);
            self.0 -= given as u64;
            Ok(given)
        }
    }
    let mut header = wav(8_000, 1, 0.0, false);
    header[20..22].copy_from_slice(&6_u16.to_le_bytes());
    header[32..34].copy_from_slice(&1_u16.to_le_bytes());
    header[34..36].copy_from_slice(&8_u16.to_le_bytes());
    let data = header.len() - 4;
    header[data..].copy_from_slice(&(8_000_u32 * 600).to_le_bytes());
    let reader = Cursor::new(header).chain(Silence(8_000 * 600));
    let mut source = FileSource::from_reader(Box::new(reader), "pipe", &Limits::default()).unwrap();
    let mut frames = 0;
    while source.next().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, 600 * 16_000 / FRAME_SAMPLES);
    assert_eq!(source.flaws(), mynah::source::Flaws::default());
}

#[test]
fn cover_art_before_an_mp3_is_passed_over() {
    // An ID3v2.3 tag with a picture of 2 MB, larger than any probe looks ahead.
    let picture = [b"\0image/jpeg\0\x03\0".as_slice(), &[0x55; 2_000_000]].concat();
    let mut tag = Cursor::new(Vec::new());
    tag.write_all(b"ID3\x03\0\0\0\0\0\0APIC").unwrap();
    tag.write_all(&u32::try_from(picture.len()).unwrap().to_be_bytes()).unwrap();
    tag.write_all(&[0, 0]).unwrap();
    tag.write_all(&picture).unwrap();
    let size = tag.get_ref().len() - 10;
    tag.seek(std::io::SeekFrom::Start(6)).unwrap();
    tag.write_all(&[21, 14, 7, 0].map(|shift| ((size >> shift) & 0x7f) as u8)).unwrap();
    let mut bytes = tag.into_inner();
    bytes.extend(fs::read(fixture("mp3.mp3")).unwrap());
    assert!(decode(bytes).unwrap().len() > 25_000);
}

const FIXTURES: [&str; 12] = [
    "s16.wav",
    "u8.wav",
    "s24.wav",
    "f32.wav",
    "mulaw.wav",
    "adpcm.wav",
    "flac.flac",
    "mp3.mp3",
    "vorbis.ogg",
    "aac.m4a",
    "aiff.aiff",
    "opus.ogg",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn random_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 0..4_096)) {
        let _ = decode_bytes(&data);
    }

    #[test]
    fn damaged_recordings_never_panic(
        which in 0..FIXTURES.len(),
        edits in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..12),
        in_header in any::<bool>(),
        keep in 0.05_f64..1.0,
    ) {
        let mut data = fs::read(fixture(FIXTURES[which])).unwrap();
        let reach = if in_header { data.len().min(512) } else { data.len() };
        for (at, byte) in edits {
            data[usize::from(at) % reach] = byte;
        }
        let keep = (data.len() as f64 * keep) as usize;
        let _ = decode_bytes(&data[..keep]);
    }
}

#[test]
fn sound_that_comes_while_nothing_was_found_is_no_gap() {
    let (tap, mut drain) = tap(SampleRate::new(48_000).unwrap(), 1);
    let mut sound = callback::<f32>(tap);
    let (told, went_on) = std::sync::mpsc::sync_channel(0);
    #[expect(clippy::disallowed_methods, reason = "a callback beside the reader, as a device's is")]
    let device = std::thread::spawn(move || {
        // The reader finds the ring empty time and again, and is there when the next block comes.
        while told.send(()).is_ok() {
            sound(&[-0.0026; 4]);
        }
    });
    let mut heard = Vec::new();
    for _ in 0..20_000 {
        went_on.recv().unwrap();
        let wanted = heard.len() + 4;
        while heard.len() < wanted {
            let pulled = drain.pull(&mut heard);
            assert!(matches!(pulled, Pulled::Sound | Pulled::Nothing), "{pulled:?} after {}", heard.len());
        }
    }
    drop(went_on);
    device.join().unwrap();
}
