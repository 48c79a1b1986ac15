//! Lookup: a fact, or a device of the user's home, asked of a service that is no language model.
//!
//! Enters: a permit for a query, what is asked in the URL or posted. Leaves: the bytes of a small answer, unpacked. Never
//! here: the words in which the user asked, a followed redirect, an answer without an end.

use std::{io::Read, time::Duration};

use flate2::read::GzDecoder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;
use url::Position;

use crate::{
    egress::{Door, EgressError, Secret, check::check_capability, door::below, look::Sent},
    policy::{Capability, DataClass, Permit},
    units::length_u64,
};

/// The most bytes of an answer about weather or rates, as it came and unpacked; real ones stay below 20 KB.
const LONGEST_FACT: usize = 256 * 1024;

/// The same about a home; a thousand devices have some 700 KB.
const LONGEST_HOME: usize = 4 * 1024 * 1024;

/// How long all of a lookup may take at most: somebody waits for it.
const LIMIT: Duration = Duration::from_secs(5);

/// What is asked.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// The path below the endpoint's base URL, segment by segment; what is strange to a path is escaped.
    pub path: &'a [&'a str],
    /// What follows the path, pair by pair; escaped.
    pub query: &'a [(&'a str, &'a str)],
    /// What is posted; only to the user's home.
    pub post: Option<&'a Value>,
    /// The endpoint's key.
    pub key: Option<&'a Secret>,
}

impl Door {
    /// Asks the service of `permit`, which is spent, and gives its whole answer.
    ///
    /// # Errors
    /// Every [`EgressError`] but `BadSecret` and those about models.
    pub async fn look_up(&self, permit: Permit, lookup: Lookup<'_>) -> Result<Vec<u8>, EgressError> {
        let Lookup { path, query, post, key } = lookup;
        let home = permit.capability() == Capability::Home;
        let most = if home { LONGEST_HOME } else { LONGEST_FACT };
        let judged = check_capability(&permit, permit.capability(), DataClass::Query).and_then(|()| {
            if home || post.is_none() {
                return Ok(());
            }
            let detail = format!("nothing is posted for {}", permit.capability().name());
            Err(EgressError::NotPermitted {
                endpoint: permit.endpoint().clone(),
                rule: "lookup.post",
                detail,
            })
        });
        if let Err(error) = judged {
            return Err(self.refused(&permit, error));
        }
        let mut url = below(permit.url(), path.iter().copied());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let client = self.client(&permit, &url)?;
        let body = post.map(|post| post.to_string().into_bytes());
        let call = if body.is_some() {
            client.post(url.clone()).header(CONTENT_TYPE, "application/json")
        } else {
            client.get(url.clone())
        };
        let call = call.header(ACCEPT, "application/json, application/xml");
        let limit = LIMIT.min(self.options.total);
        let asked =
            [url[Position::BeforePath..Position::AfterQuery].as_bytes(), body.as_deref().unwrap_or_default()];
        let sent = Sent { asked: Some(asked.concat()), body, most, limit };
        self.exchange(&permit, &url, call, sent, key, |whole, encoding| unpacked(whole, encoding, most)).await
    }
}

/// `whole` as it was before it was compressed, at most `most` bytes. Some services compress whatever was asked for.
fn unpacked(whole: Vec<u8>, encoding: &str, most: usize) -> Result<Vec<u8>, String> {
    match encoding.trim() {
        "" | "identity" => Ok(whole),
        "gzip" | "x-gzip" => {
            let mut plain = Vec::new();
            let mut reader = GzDecoder::new(whole.as_slice()).take(length_u64(most) + 1);
            reader.read_to_end(&mut plain).map_err(|_| "it cannot be unpacked".to_owned())?;
            if plain.len() > most { Err(format!("it unpacks to more than {most} bytes")) } else { Ok(plain) }
        }
        _ => Err("it is packed in a way that was not asked for".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_within_bounds() {
        assert_eq!(unpacked(b"{}".to_vec(), "", 10).unwrap(), b"{}");
        assert_eq!(unpacked(packed(b"{}"), "gzip", 10).unwrap(), b"{}");
        let bomb = packed(&vec![b' '; 5_000_000]);
        assert!(bomb.len() < 10_000);
        assert!(unpacked(bomb, "gzip", LONGEST_FACT).unwrap_err().contains("more than"));
        assert!(unpacked(b"no gzip".to_vec(), "gzip", 10).unwrap_err().contains("unpacked"));
        assert!(unpacked(b"x".to_vec(), "br", 10).is_err());
    }
}
