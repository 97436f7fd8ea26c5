//! `cruddur users`: bans, unbans and erases users. It works on the stores, beside running gateways.

use std::{sync::Arc, time::Duration};

use clap::{Args, Subcommand};
use cruddur::{
    config::Settings,
    error::{Error, UserErrorCode},
    events::{self, Event},
    service::{Clock, Service, SystemClock},
    sources::SourceUrl,
};
use tracing::warn;

use crate::{
    CommandError,
    commands::{open_migrated, print},
};

#[derive(Subcommand)]
pub enum Users {
    /// Lock a user out at once, and hide what they have posted
    Ban(User),
    /// End a ban, and show what the user has posted
    Unban(User),
    /// Ban a user, and delete them with all that they have posted; this cannot be undone
    Erase(User),
}

#[derive(Args)]
pub struct User {
    /// Handle of the user
    #[arg(long, value_name = "HANDLE")]
    handle: String,
}

pub async fn run(settings: &Settings, command: &Users) -> Result<(), CommandError> {
    if settings.database.url == SourceUrl::Mock {
        return Err(CommandError::usage("mock: keeps nothing; users needs another DATABASE_URL"));
    }
    let (sources, _) = open_migrated(settings, Duration::ZERO).await?;
    let service = Service::new(sources, Arc::new(SystemClock));
    let (Users::Ban(User { handle })
    | Users::Unban(User { handle })
    | Users::Erase(User { handle })) = command;
    let failed = |error| match error {
        Error::User(UserErrorCode::UserNotFound) => {
            CommandError::failed(format!("there is no user with the handle {handle:?}"))
        }
        error => CommandError::failed(format!("{error} Run the command again to finish.")),
    };
    match command {
        Users::Ban(_) => {
            let account = service.ban(handle).await.map_err(failed)?;
            announce(settings).await;
            let hidden = service.hide_posts(account.uuid).await.map_err(failed)?;
            print(format!("@{} is banned; {hidden} activities are hidden.", account.handle))
        }
        Users::Unban(_) => {
            let account = service.unban(handle).await.map_err(failed)?;
            announce(settings).await;
            let shown = service.show_posts(account.uuid).await.map_err(failed)?;
            print(format!("@{} is not banned; {shown} activities were looked at.", account.handle))
        }
        Users::Erase(_) => {
            let account = service.ban(handle).await.map_err(failed)?;
            announce(settings).await;
            let erased = service.erase(&account).await.map_err(failed)?;
            announce(settings).await;
            print(format!(
                "@{} is erased, with {} activities and {} conversations.",
                account.handle, erased.activities, erased.conversations
            ))
        }
    }
}

/// Tells the gateways over their event bus. They notice without it too, within half a second.
async fn announce(settings: &Settings) {
    let Some(bus) = settings.event_bus() else { return };
    let clock = SystemClock;
    let sender_id = clock.new_uuid(clock.now());
    if let Err(error) = events::announce(&*bus, Event::AccountsChanged, sender_id).await {
        warn!(%error, "failed to publish the event");
    }
}
