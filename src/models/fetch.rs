//! Fetch: a model of the manifest comes from a mirror, whole or not at all.
//!
//! Enters: an entry, the mirrors that the region approves, in order. Leaves: the checked file under its name. While it
//! comes it lies beside that name as a `.part`, which a later call goes on with; dropping the future keeps it. Never
//! here: a network call (that is [`Mirror`]'s), another mirror after a refusal.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Mirror, MirrorBody, MirrorFault, ModelEntry, ModelsError,
    library::PART_SUFFIX,
    part::{Part, length_of, sum_of},
};

/// How far a fetch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A mirror answers.
    Begun {
        /// Its id.
        mirror: &'a str,
        /// Bytes that were here already.
        from: u64,
    },
    /// Bytes are on the disk.
    Received {
        /// So many.
        done: u64,
        /// Of so many.
        total: u64,
    },
    /// A mirror was passed over.
    Passed {
        /// Which and why, a sentence.
        why: &'a str,
    },
    /// The finished file is being read for its checksum.
    Checking {
        /// Bytes read.
        done: u64,
        /// Of so many.
        total: u64,
    },
}

/// What a fetch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The model's file.
    pub path: PathBuf,
    /// The mirror the last bytes came from; `None` where all of them were here already.
    pub mirror: Option<String>,
    /// Bytes that an earlier attempt had left.
    pub resumed_from: u64,
}

/// Brings `model` into `directory` from the first of `mirrors` that answers. A file that is here and right is left as it
/// is, without a network call.
///
/// # Errors
/// [`ModelsError::NotFetchable`], [`ModelsError::MirrorRefused`] (also where `mirrors` is empty),
/// [`ModelsError::DownloadFailed`], [`ModelsError::DownloadCut`], [`ModelsError::TooLong`],
/// [`ModelsError::ChecksumMismatch`], or what the disk says.
pub async fn fetch<M: Mirror>(
    model: &ModelEntry,
    directory: &Path,
    mirrors: &[M],
    report: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Fetched, ModelsError> {
    if model.built_in {
        return Err(ModelsError::NotFetchable { name: model.name.clone() });
    }
    let path = directory.join(&model.file);
    if length_of(&path) == model.bytes && sum_of(&path, model, report).await? == model.sha256 {
        return Ok(Fetched { path, mirror: None, resumed_from: 0 });
    }
    fs::create_dir_all(directory).map_err(|e| ModelsError::of_io("make", directory, e))?;
    let mut part = Part::find(directory.join(format!("{}{PART_SUFFIX}", model.file)), model)?;
    if part.length == model.bytes {
        return part.finish(model, path, None, report).await;
    }
    if mirrors.is_empty() {
        return Err(ModelsError::MirrorRefused { reason: "the region approves no model mirror".to_owned() });
    }
    let mut tried = Vec::new();
    for mirror in mirrors {
        let id = mirror.id();
        match attempt(model, mirror, part.length).await? {
            Ok(body) => {
                part.receive(model, id, body, report).await?;
                return part.finish(model, path, Some(id), report).await;
            }
            Err(why) => {
                report(Step::Passed { why: &why });
                tried.push(why);
            }
        }
    }
    Err(ModelsError::DownloadFailed { name: model.name.clone(), tried })
}

/// Asks one mirror. The inner error is a reason to ask the next.
async fn attempt<M: Mirror>(
    model: &ModelEntry,
    mirror: &M,
    from_byte: u64,
) -> Result<Result<M::Body, String>, ModelsError> {
    let Some(path) = model.path_on(mirror.id()) else {
        return Ok(Err(format!("{} is not known to have this model", mirror.id())));
    };
    match mirror.open(model, path, from_byte).await {
        // Also catches the welcome page of a hotel's network.
        Ok(body) if body.total().is_some_and(|total| total != model.bytes) => {
            let total = body.total().unwrap_or_default();
            let expected = model.bytes;
            Ok(Err(format!("{} has another file there, of {total} bytes instead of {expected}", mirror.id())))
        }
        Ok(body) => Ok(Ok(body)),
        Err(fault) if fault.is_no_answer() => Ok(Err(fault.told_of(mirror.id()))),
        Err(MirrorFault::Refused(reason)) => Err(ModelsError::MirrorRefused { reason }),
        Err(fault) => Err(ModelsError::DownloadFailed {
            name: model.name.clone(),
            tried: vec![fault.told_of(mirror.id())],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::Remedy,
        models::{
            Manifest, Sha256Sum,
            scripted::{BYTES, Bench, Script, Then},
        },
    };

    use Then::{Break, Hang, Send as Chunk};

    #[test]
    fn a_whole_file_arrives_checked_and_is_not_fetched_twice() {
        let bench = Bench::new();
        let mirrors = [bench.sends("huggingface", true, &[Chunk(&BYTES[..7]), Chunk(&BYTES[7..])])];
        let fetched = bench.run(&mirrors).unwrap().unwrap();
        assert_eq!(
            fetched,
            Fetched { path: bench.path(), mirror: Some("huggingface".into()), resumed_from: 0 }
        );
        bench.assert_whole();
        assert!(bench.asked()[0].0.ends_with("/ggml-base.bin"));
        assert_eq!(bench.run(&[]).unwrap().unwrap().mirror, None);

        // Damage of the same length is noticed and mended.
        fs::write(bench.path(), [0; 16]).unwrap();
        assert!(bench.run(&mirrors).unwrap().unwrap().mirror.is_some());
        bench.assert_whole();
    }

    #[test]
    fn what_was_cut_off_is_kept_and_gone_on_with() {
        let bench = Bench::new();
        let cut = bench.run(&[bench.sends("self", true, &[Chunk(&BYTES[..5]), Break])]).unwrap().unwrap_err();
        assert_eq!(cut.kind(), "download_cut");
        assert!(
            cut.to_string().contains("5 of 16 bytes") && cut.to_string().contains("connection reset"),
            "{cut}"
        );
        bench.assert_only_part(&BYTES[..5]);

        let short = bench.run(&[bench.sends("self", true, &[Chunk(&BYTES[5..8])])]).unwrap().unwrap_err();
        assert_eq!(short.kind(), "download_cut");
        bench.assert_only_part(&BYTES[..8]);

        assert!(bench.run(&[bench.sends("self", true, &[Chunk(&BYTES[8..11]), Hang])]).is_none());
        bench.assert_only_part(&BYTES[..11]);

        let fetched = bench.run(&[bench.sends("self", true, &[Chunk(&BYTES[11..])])]).unwrap().unwrap();
        assert_eq!(fetched.resumed_from, 11);
        bench.assert_whole();
        assert_eq!(bench.asked().iter().map(|(_, from)| *from).collect::<Vec<_>>(), [0, 5, 8, 11]);
    }

    #[test]
    fn a_mirror_that_ignores_the_range_starts_over() {
        let bench = Bench::new();
        fs::write(bench.part(), b"01234").unwrap();
        let fetched = bench.run(&[bench.sends("self", false, &[Chunk(BYTES)])]).unwrap().unwrap();
        assert_eq!(fetched.resumed_from, 0);
        bench.assert_whole();
    }

    #[test]
    fn a_part_that_is_too_long_is_thrown_away_and_a_whole_one_is_only_checked() {
        let bench = Bench::new();
        fs::write(bench.part(), [b'x'; 17]).unwrap();
        bench.run(&[bench.sends("self", true, &[Chunk(BYTES)])]).unwrap().unwrap();
        assert_eq!(bench.asked()[0].1, 0);
        fs::rename(bench.path(), bench.part()).unwrap();
        bench.run(&[]).unwrap().unwrap();
        bench.assert_whole();
    }

    #[test]
    fn wrong_bytes_are_deleted_and_named() {
        let bench = Bench::new();
        let wrong =
            bench.run(&[bench.sends("hf-mirror", true, &[Chunk(b"0123456789abcdeF")])]).unwrap().unwrap_err();
        assert_eq!(wrong.kind(), "checksum_mismatch");
        let said = wrong.to_string();
        for part in
            ["hf-mirror", &Sha256Sum::of(BYTES).to_string(), &Sha256Sum::of(b"0123456789abcdeF").to_string()]
        {
            assert!(said.contains(part), "{said}");
        }
        bench.assert_nothing();

        fs::write(bench.part(), b"XX").unwrap();
        let wrong = bench.run(&[bench.sends("hf-mirror", true, &[Chunk(&BYTES[2..])])]).unwrap().unwrap_err();
        assert!(wrong.to_string().contains("after 2 bytes of an earlier fetch"), "{wrong}");
        bench.assert_nothing();
    }

    #[test]
    fn a_mirror_that_does_not_stop_is_stopped() {
        let bench = Bench::new();
        let endless = vec![Chunk(BYTES); 1000];
        let error = bench.run(&[bench.sends("self", true, &endless)]).unwrap().unwrap_err();
        assert_eq!(error.kind(), "download_too_long");
        bench.assert_nothing();
    }

    #[test]
    fn the_next_mirror_is_asked_only_where_there_was_no_answer() {
        let good = |bench: &Bench| bench.sends("modelscope", true, &[Chunk(BYTES)]);
        let page = Script::Body { resumes: false, total: Some(512), then: vec![Chunk(b"<html>")] };
        for script in [
            Script::Fault(MirrorFault::Unreachable("no route".to_owned())),
            Script::Fault(MirrorFault::Status(404)),
            Script::Fault(MirrorFault::Status(503)),
            Script::Fault(MirrorFault::Astray("sent us to huggingface.co".to_owned())),
            page,
        ] {
            let bench = Bench::new();
            fs::write(bench.part(), &BYTES[..4]).unwrap();
            let mirrors =
                [bench.mirror("hf-mirror", script), bench.sends("modelscope", true, &[Chunk(&BYTES[4..])])];
            assert_eq!(bench.run(&mirrors).unwrap().unwrap().mirror.as_deref(), Some("modelscope"));
            bench.assert_whole();
        }
        for (fault, kind) in [
            (MirrorFault::Refused("not in this region".to_owned()), "mirror_refused"),
            (MirrorFault::Status(403), "download_failed"),
            (MirrorFault::Status(429), "download_failed"),
        ] {
            let bench = Bench::new();
            let error = bench.run(&[bench.faults("hf-mirror", fault), good(&bench)]).unwrap().unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(bench.asked().len(), 1, "{kind}");
        }
    }

    #[test]
    fn every_mirror_that_failed_is_named() {
        let bench = Bench::new();
        let mirrors = [
            bench.faults("hf-mirror", MirrorFault::Status(404)),
            bench.faults("unheard-of", MirrorFault::Status(404)),
            bench.faults("self", MirrorFault::Unreachable("refused".to_owned())),
        ];
        let error = bench.run(&mirrors).unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            "base could not be fetched: hf-mirror does not have the file; unheard-of is not known to have this \
             model; self: refused"
        );
        assert_eq!(bench.asked().len(), 2);
    }

    #[test]
    fn nothing_is_asked_where_no_mirror_is_approved_or_the_model_is_shipped() {
        let mut bench = Bench::new();
        let error = bench.run(&[]).unwrap().unwrap_err();
        assert_eq!(error.kind(), "mirror_refused");
        assert!(error.remedy().contains("mynah models import FILE"), "{}", error.remedy());
        bench.model = Manifest::shipped().find("builtin-en").unwrap().clone();
        let error = bench.run(&[bench.sends("self", true, &[Chunk(BYTES)])]).unwrap().unwrap_err();
        assert_eq!(error.kind(), "not_fetchable");
        assert_eq!(bench.asked(), []);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_as_one() {
        let bench = Bench::new();
        std::os::unix::fs::symlink("/dev/full", bench.part()).unwrap();
        let error = bench.run(&[bench.sends("self", true, &[Chunk(BYTES)])]).unwrap().unwrap_err();
        assert_eq!(error.kind(), "disk_full");
        assert!(!bench.path().exists());
    }
}
