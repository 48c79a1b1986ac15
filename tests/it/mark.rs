//! Marks in files of every kind: written, read back, and nothing else changed; hostile files. Here belongs what the
//! room `mark` does with bytes; what a region asks for is in `disclosure`.

use std::{
    fs,
    io::Cursor,
    path::{Path, PathBuf},
};

use mynah::{
    flow::Remedy,
    mark::{self, Kind, Mark, MarkError, Origin},
    source::{FileSource, Limits, Source},
};
use proptest::prelude::*;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

fn sample(name: &str) -> Vec<u8> {
    let folder = if name.starts_with("image") { "it/mark" } else { "recordings/formats" };
    fs::read(root(folder).join(name)).unwrap()
}

/// One file of each kind that can be marked, and of the variants.
const SAMPLES: [(&str, Kind); 11] = [
    ("s16.wav", Kind::Wav),
    ("u8.wav", Kind::Wav),
    ("f32.wav", Kind::Wav),
    ("adpcm.wav", Kind::Wav),
    ("mp3.mp3", Kind::Mp3),
    ("flac.flac", Kind::Flac),
    ("vorbis.ogg", Kind::Ogg),
    ("opus.ogg", Kind::Ogg),
    ("aac.m4a", Kind::Mp4),
    ("image.png", Kind::Png),
    ("image.jpg", Kind::Jpeg),
];

fn a_mark() -> Mark {
    let origin = Origin {
        provider: "Alibaba Cloud".into(),
        system: "Mynah".into(),
        version: "0.1.0".into(),
        model: "通义 <qwen> & \"flash\"".into(),
        created: "2026-11-22T12:00:00Z".into(),
        id: "0123456789abcdef".into(),
    };
    Mark::generated("阿里云", origin)
}

/// A mark whose text is so long that pages and sizes grow.
fn a_long_mark() -> Mark {
    let mut mark = a_mark();
    mark.aigc.reserved_code_1 = "security ".repeat(2_000);
    mark
}

/// What a file sounds like, by our own decoders; nothing for what they do not decode.
fn decoded(file: &[u8]) -> Option<Vec<f32>> {
    let open = FileSource::from_reader(Box::new(Cursor::new(file.to_vec())), "test", &Limits::default());
    let mut source = open.ok()?;
    let mut pcm = Vec::new();
    while let Some(frame) = source.next().unwrap() {
        pcm.extend(frame.pcm);
    }
    Some(pcm)
}

/// `long` without the bytes that were put in: all of `short` in order, apart from counts and sums that had to change.
fn kept(short: &[u8], long: &[u8]) -> usize {
    // The longest common beginning and end.
    let same = |one: &mut dyn Iterator<Item = (u8, u8)>| one.take_while(|(a, b)| a == b).count();
    same(&mut short.iter().copied().zip(long.iter().copied()))
        + same(&mut short.iter().rev().copied().zip(long.iter().rev().copied()))
}

#[test]
fn every_kind_is_marked_read_back_and_sounds_as_before() {
    for (name, kind) in SAMPLES {
        let file = sample(name);
        assert_eq!(mark::read_bytes(&file).unwrap(), (kind, None), "{name}");
        for wanted in [a_mark(), a_long_mark()] {
            let copy = mark::marked(&file, &wanted).unwrap();
            assert_eq!(mark::read_bytes(&copy).unwrap(), (kind, Some(wanted)), "{name}");
            assert_eq!(decoded(&file), decoded(&copy), "{name}");
            // A second mark is refused, whoever wrote the first.
            let error = mark::marked(&copy, &a_mark()).unwrap_err();
            assert_eq!(error.kind(), "mark_present", "{name}");
        }
    }
    let heard = |name: &str| decoded(&sample(name)).is_some();
    assert!(["s16.wav", "mp3.mp3", "flac.flac", "vorbis.ogg", "aac.m4a"].into_iter().all(heard));
}

#[test]
fn images_keep_every_byte_of_their_pixels() {
    for name in ["image.png", "image.jpg"] {
        let file = sample(name);
        let copy = mark::marked(&file, &a_mark()).unwrap();
        // Bytes that are the same on both sides of the place count twice.
        assert!(kept(&file, &copy) >= file.len(), "{name}: a chunk was put in, and nothing was changed");
    }
}

#[test]
fn opus_pages_keep_their_packets() {
    // Our decoders know no Opus: the packets of sound have to be the same bytes.
    let packets = |file: &[u8]| {
        let (mut at, mut sound) = (0, Vec::new());
        while at < file.len() {
            let count = usize::from(file[at + 26]);
            let length: usize = file[at + 27..at + 27 + count].iter().map(|x| usize::from(*x)).sum();
            let body = &file[at + 27 + count..][..length];
            let position = u64::from_le_bytes(file[at + 6..at + 14].try_into().unwrap());
            if !body.starts_with(b"Opus") && position != 0 && position != u64::MAX {
                sound.push((position, file[at + 5], body.to_vec()));
            }
            at += 27 + count + length;
        }
        sound
    };
    let file = sample("opus.ogg");
    for wanted in [a_mark(), a_long_mark(), {
        let mut longer = a_mark();
        longer.aigc.reserved_code_1 = "x".repeat(200_000);
        longer
    }] {
        let copy = mark::marked(&file, &wanted).unwrap();
        assert!(!packets(&file).is_empty());
        assert_eq!(packets(&file), packets(&copy));
    }
}

#[test]
fn tags_that_were_there_stay() {
    // The text of the encoder's tag, and of a title, in each format that has one.
    for (name, text) in
        [("mp3.mp3", "Lavf"), ("flac.flac", "Lavf"), ("vorbis.ogg", "Lavf"), ("aac.m4a", "Lavf")]
    {
        let holds = |file: &[u8]| file.windows(text.len()).any(|part| part == text.as_bytes());
        let file = sample(name);
        assert_eq!(holds(&file), holds(&mark::marked(&file, &a_mark()).unwrap()), "{name}");
    }
}

#[test]
fn a_copy_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (root("recordings/formats/s16.wav"), folder.path().join("marked.wav"));
    mark::write(&from, &to, &a_mark()).unwrap();
    assert_eq!(mark::read(&to).unwrap(), (Kind::Wav, Some(a_mark())));
    let taken = mark::write(&from, &to, &a_mark()).unwrap_err();
    assert_eq!(taken.kind(), "mark_target_exists");
    let again = mark::write(&to, &folder.path().join("again.wav"), &a_mark()).unwrap_err();
    assert!(matches!(&again, MarkError::Marked { label } if label.contains("\"Label\":\"1\"")), "{again}");
    let text = folder.path().join("text.txt");
    fs::write(&text, "no sound").unwrap();
    for (from, kind) in [
        (text, "mark_unknown_kind"),
        (folder.path().join("nowhere"), "mark_io"),
        (folder.path().to_owned(), "mark_unknown_kind"),
    ] {
        let error = mark::write(&from, &folder.path().join("copy"), &a_mark()).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.remedy().len() > 10);
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_wav_whose_sizes_are_not_true_is_refused() {
    let mut file = sample("s16.wav");
    for size in [0_u32, u32::MAX, 0x7fff_f000] {
        file[4..8].copy_from_slice(&size.to_le_bytes());
        assert_eq!(mark::marked(&file, &a_mark()).unwrap_err().kind(), "mark_unsupported_file");
    }
}

#[test]
fn a_file_of_nothing_but_parts_comes_to_an_end() {
    let mut filling = sample("image.jpg")[..2].to_vec();
    filling.resize(6 << 20, 0xff);
    let png = [&sample("image.png")[..33], &[0, 0, 0, 0, b'n', b'o', b'n', b'e', 0, 0, 0, 0].repeat(500_000)]
        .concat();
    for (file, kind) in [(filling, "mark_unsupported_file"), (png, "mark_damaged_file")] {
        assert_eq!(mark::read_bytes(&file).unwrap_err().kind(), kind);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_told_and_never_break_anything(
        which in 0..SAMPLES.len(),
        marked in any::<bool>(),
        cut in 0.0..1.0_f64,
        changes in prop::collection::vec((0..700_usize, any::<u8>()), 0..12),
    ) {
        let mut file = sample(SAMPLES[which].0);
        if marked {
            file = mark::marked(&file, &a_mark()).unwrap();
        }
        for (at, byte) in changes {
            let at = at % file.len();
            file[at] = byte;
        }
        if cut < 0.3 {
            file.truncate(file.len() * 3 / 4);
        }
        // Either is an answer; a copy that is made carries what it was given.
        let _ = mark::read_bytes(&file);
        if let Ok(copy) = mark::marked(&file, &a_mark()) {
            prop_assert_eq!(mark::read_bytes(&copy).unwrap().1, Some(a_mark()));
        }
    }

    #[test]
    fn any_bytes_behind_any_beginning_are_told(which in 0..SAMPLES.len(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut file = sample(SAMPLES[which].0)[..12].to_vec();
        file.extend(bytes);
        let _ = mark::read_bytes(&file);
        let _ = mark::marked(&file, &a_mark());
    }
}
