//! Idempotency keys.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::State;
use crate::sources::{Idempotency, Inserted};

impl State {
    /// The answer to an insert whose idempotency key is taken; `None` if the insert is to go on.
    /// `inserted` holds what the keys have inserted.
    pub(super) fn answer_of_key<T: Clone>(
        &self,
        key: Option<&Idempotency>,
        inserted: &BTreeMap<Uuid, T>,
    ) -> Option<Inserted<T>> {
        let now = key?;
        let (then, uuid) = self.keys.get(&(now.user_uuid, now.key.clone()))?;
        if then.created_at <= now.since {
            return None;
        }
        if then.input_hash != now.input_hash {
            return Some(Inserted::KeyReused);
        }
        Some(inserted.get(uuid).cloned().map_or(Inserted::TargetMissing, Inserted::Replayed))
    }

    /// Claims a key, and deletes those of its user that have expired.
    pub(super) fn claim_key(&mut self, key: Option<&Idempotency>, result_uuid: Uuid) {
        if let Some(it) = key {
            self.keys
                .retain(|(user, _), (then, _)| *user != it.user_uuid || then.created_at > it.since);
            self.keys.insert((it.user_uuid, it.key.clone()), (it.clone(), result_uuid));
        }
    }
}
