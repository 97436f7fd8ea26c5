//! The GraphQL schema over the service.

use async_graphql::{ComplexObject, ID};

use crate::domain::{Activity, Notification, User};

#[ComplexObject]
impl User {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}

#[ComplexObject]
impl Activity {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}

#[ComplexObject]
impl Notification {
    async fn id(&self) -> ID {
        self.uuid.into()
    }
}
pub mod guard;
