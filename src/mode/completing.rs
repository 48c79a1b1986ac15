//! Completing: the region's language model completes texts for servers of tools that the user lets have that.
//!
//! Enters: what a server wants completed. Leaves: the text, and a line for the user that this was done and by whom. Never here: a
//! choice of endpoint, which is the region's list's; words of the user's own conversation.

use std::{future::Future, pin::Pin, sync::Arc};

use super::{Note, lazy_door::LazyDoor};
use crate::{
    answer::{Asker, Completed, Completion},
    mcp::{Completes, Granted, Wished},
    session::clock,
};

/// Completes by the region's list.
pub(super) struct Completing {
    asker: Asker<Arc<LazyDoor>>,
    note: Note,
}

impl Completing {
    /// By `asker`; each text is told to `note`.
    pub(super) fn by(asker: Asker<Arc<LazyDoor>>, note: Note) -> Arc<dyn Completes> {
        Arc::new(Self { asker, note })
    }
}

impl Completes for Completing {
    fn complete(&self, wished: Wished) -> Pin<Box<dyn Future<Output = Result<Granted, String>> + Send + '_>> {
        Box::pin(async move {
            let Wished { server, system, before, words, max_tokens } = wished;
            let before = before.into_iter().map(|(asked, said)| (asked.into(), said.into())).collect();
            let completion =
                Completion { system, before, words: words.into(), max_tokens, month: clock::month() };
            match self.asker.complete(completion).await {
                Ok(Completed { text, by, whole }) => {
                    (self.note)(&format!("{by} completed a text for the tool server {server}"));
                    Ok(Granted { text: text.as_str().to_owned(), by, whole })
                }
                Err(fault) => {
                    (self.note)(&format!(
                        "no text was completed for the tool server {server}: {}; {}",
                        fault.message, fault.remedy
                    ));
                    // Why is for the user alone: it tells of their region and their endpoints.
                    Err("no language model is to be had for this now".to_owned())
                }
            }
        })
    }
}
