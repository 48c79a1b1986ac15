//! Check: a request's body asks for what policy judged, and for nothing else.
//!
//! Enters: a permit and a body. Leaves: nothing, or what is wrong. Never here: repairing a body; what builds it is
//! wrong and must learn so.

use serde_json::Value;

use crate::{
    egress::{EgressError, Secret},
    policy::{Capability, Permit},
};

/// Fields that make a provider reach the web or another model on the user's behalf.
const FORBIDDEN: [(&str, &str); 6] = [
    ("enable_search", "body.enable_search"),
    ("search_options", "body.search_options"),
    ("web_search_options", "body.web_search_options"),
    ("plugins", "body.plugins"),
    ("models", "body.models"),
    ("extra_body", "body.extra_body"),
];

/// Whether `body` may be sent under `permit`.
pub(super) fn check_chat(permit: &Permit, body: &Value) -> Result<(), EgressError> {
    check_capability(permit, Capability::Chat)?;
    let refuse =
        |rule, detail| Err(EgressError::NotPermitted { endpoint: permit.endpoint().clone(), rule, detail });
    for (field, rule) in FORBIDDEN {
        if body.get(field).is_some() {
            return refuse(rule, format!("`{field}` lets the provider pass words on"));
        }
    }
    if body.get("model").and_then(Value::as_str) != Some(permit.model()) {
        return refuse("body.model", format!("its model is not the permitted {}", permit.model()));
    }
    let tools = match body.get("tools") {
        None => &[],
        Some(Value::Array(tools)) => tools.as_slice(),
        Some(_) => return refuse("body.tools", "`tools` is not a list".to_owned()),
    };
    // Run by Mynah: "function" as nearly all have it, "custom" as Anthropic has it.
    let own = |tool: &Value| matches!(tool.get("type").and_then(Value::as_str), Some("function" | "custom"));
    if !tools.iter().all(own) {
        return refuse("body.tools", "a tool that the provider runs itself is in `tools`".to_owned());
    }
    Ok(())
}

/// Whether `key` belongs to the endpoint that `permit` is for. No key goes to another host than its own.
pub(super) fn check_key(permit: &Permit, key: Option<&Secret>) -> Result<(), EgressError> {
    if key.is_none_or(|key| key.is_for(permit.endpoint())) {
        return Ok(());
    }
    Err(EgressError::NotPermitted {
        endpoint: permit.endpoint().clone(),
        rule: "key.endpoint",
        detail: "its key belongs to another endpoint".to_owned(),
    })
}

/// Whether `permit` is for `capability`.
pub(super) fn check_capability(permit: &Permit, capability: Capability) -> Result<(), EgressError> {
    if permit.capability() == capability {
        return Ok(());
    }
    Err(EgressError::NotPermitted {
        endpoint: permit.endpoint().clone(),
        rule: "permit.capability",
        detail: format!("the permit is for {}, not for {}", permit.capability().name(), capability.name()),
    })
}
