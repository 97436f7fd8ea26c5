//! The REST routes, one file per route.

mod app;
mod create_activity;
mod create_reply;
mod health;
mod home;
mod hostile_search;
mod message_groups;
mod messages;
mod methods;
mod notifications;
mod openapi;
mod paths;
mod profile;
mod search;
mod send_message;
mod show_activity;
mod show_status;
mod show_user;
mod user_feed;
