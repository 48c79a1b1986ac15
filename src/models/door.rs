//! Door mirror: the real end of [`Mirror`], one permit and one request through `egress` at a time.
//!
//! Enters: the rules, the region, a mirror's id. Leaves: a download. Never here: a request without a permit, a mirror
//! that neither the region lists nor the user put on this machine.

use url::Url;

use super::{Mirror, MirrorBody, MirrorFault, ModelEntry};
use crate::{
    egress::{Door, Download, EgressError},
    flow::Remedy,
    policy::{
        Capability, DataClass, EndpointId, Month, OWN_MIRROR, Question, Region, Rules, Verdict, decide,
        mirror_order,
    },
    units::TurnId,
};

/// A mirror behind the door.
#[derive(Debug)]
pub struct DoorMirror<'a> {
    id: EndpointId,
    base: Url,
    rules: &'a Rules,
    region: &'a Region,
    door: &'a Door,
    month: Month,
}

/// The mirrors that a fetch may ask, in order: `own` alone where the user named one, else the region's. Whether each may
/// be used is judged anew at each request.
#[must_use]
pub fn approved_mirrors<'a>(
    rules: &'a Rules,
    region: &'a Region,
    own: Option<&Url>,
    door: &'a Door,
    month: Month,
) -> Vec<DoorMirror<'a>> {
    let mirror =
        |id: EndpointId, base: &Url| DoorMirror { id, base: base.clone(), rules, region, door, month };
    if let Some(base) = own {
        return vec![mirror(EndpointId::from(OWN_MIRROR), base)];
    }
    let listed = mirror_order(rules, region).into_iter();
    listed.filter_map(|id| rules.mirror(id).map(|m| mirror(id.clone(), m.url()))).collect()
}

impl Mirror for DoorMirror<'_> {
    type Body = Download;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    async fn open(&self, model: &ModelEntry, path: &str, from_byte: u64) -> Result<Download, MirrorFault> {
        let question = Question {
            turn: TurnId::default(),
            region: self.region.clone(),
            capability: Capability::ModelMirror,
            endpoint: self.id.clone(),
            url: self.base.clone(),
            model: model.name.clone(),
            data: DataClass::ModelRequest,
            attested: false,
            month: self.month,
        };
        match decide(self.rules, &question) {
            Verdict::Allow(permit) => {
                self.door.fetch(permit, path, from_byte).await.map_err(|error| fault_of(&error))
            }
            Verdict::Refuse(refusal) => {
                self.door.ledger().refused(&question, &refusal).map_err(|error| fault_of(&error))?;
                Err(MirrorFault::Refused(format!("{}; {}", refusal.reason, refusal.remedy)))
            }
        }
    }
}

impl MirrorBody for Download {
    type Chunk = Vec<u8>;

    fn resumed(&self) -> bool {
        self.resumed()
    }

    fn total(&self) -> Option<u64> {
        self.total()
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, MirrorFault> {
        self.next_chunk().await.map_err(|error| fault_of(&error))
    }
}

fn fault_of(error: &EgressError) -> MirrorFault {
    match error {
        EgressError::Denied { status, .. } => MirrorFault::Status(*status),
        EgressError::Redirected { to, .. } => {
            MirrorFault::Astray(format!("it points to {to}, which is not followed"))
        }
        EgressError::Unreachable { host, detail, .. } => {
            MirrorFault::Unreachable(format!("{host} cannot be reached: {detail}"))
        }
        EgressError::Timeout { stage, limit, .. } => {
            MirrorFault::Unreachable(format!("it took longer than {} s for {stage}", limit.as_secs_f32()))
        }
        EgressError::CutOff { detail, .. } | EgressError::Garbled { detail, .. } => {
            MirrorFault::Unreachable(detail.clone())
        }
        EgressError::PrivateAddress { .. }
        | EgressError::PublicAddress { .. }
        | EgressError::NoCertificates { .. } => MirrorFault::Unreachable(error.to_string()),
        EgressError::TooLarge { .. }
        | EgressError::Violation { .. }
        | EgressError::Barred { .. }
        | EgressError::Elsewhere { .. }
        | EgressError::LedgerUnwritable { .. }
        | EgressError::KeyMissing { .. }
        | EgressError::BadSecret { .. }
        | EgressError::NotPermitted { .. }
        | EgressError::Moved => MirrorFault::Refused(format!("{error}; {}", error.remedy())),
    }
}
