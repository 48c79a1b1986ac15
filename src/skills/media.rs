//! Media: what plays on this machine.

use super::{Reply, Skill, SkillContext, SkillError, unable::unable};
use crate::{
    desktop::{Doing, Outcome, Player, Players, Wish},
    flow::Intent,
};

/// Answers `media.*`.
pub(super) struct Media(pub(super) Box<dyn Players>);

impl Skill for Media {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("media.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let wish = match intent.name.as_str() {
            "media.what" => {
                let now = self.0.now();
                return Ok(now.map_or_else(|error| unable(&error, context), |player| what(&player, context)));
            }
            "media.play" => Wish::Play,
            "media.pause" => Wish::Pause,
            "media.stop" => Wish::Stop,
            "media.next" => Wish::Next,
            "media.previous" => Wish::Previous,
            _ => return Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        };
        let outcome = self.0.wish(wish);
        Ok(outcome.map_or_else(|error| unable(&error, context), |outcome| told(wish, &outcome, context)))
    }
}

/// "Song by Singer", 歌手的《歌》.
fn piece(player: &Player, context: &SkillContext) -> Option<String> {
    let title = player.title.as_deref()?;
    Some(match (&player.artist, context.in_mandarin()) {
        (Some(artist), false) => format!("{title} by {artist}"),
        (Some(artist), true) => format!("{artist}的《{title}》"),
        (None, false) => title.to_owned(),
        (None, true) => format!("《{title}》"),
    })
}

fn what(player: &Player, context: &SkillContext) -> Reply {
    let name = &player.name;
    let (english, mandarin) = match (player.doing, piece(player, context)) {
        (Doing::Playing, Some(piece)) => (format!("That's {piece}."), format!("正在播放{piece}。")),
        (Doing::Playing, None) => {
            (format!("{name} is playing, but doesn't say what."), format!("{name}正在播放，但没有说是什么。"))
        }
        (Doing::Paused, Some(piece)) => {
            (format!("That's {piece}, paused now."), format!("是{piece}，现在暂停了。"))
        }
        (Doing::Paused, None) => (format!("{name} is paused."), format!("{name}暂停了。")),
        (Doing::Stopped, _) => ("Nothing is playing.".to_owned(), "没有在播放什么。".to_owned()),
    };
    Reply::in_language(context, english, mandarin)
}

fn told(wish: Wish, outcome: &Outcome, context: &SkillContext) -> Reply {
    let (english, mandarin) = match outcome {
        Outcome::Done(player) => done(wish, player, context),
        Outcome::Unseen(player) => unseen(wish, player, context),
        Outcome::Already(player) => {
            let name = &player.name;
            (format!("{name} is playing already."), format!("{name}已经在播放了。"))
        }
        Outcome::Unable(player) => cannot(wish, &player.name),
        Outcome::Idle => ("Nothing is playing.".to_owned(), "没有在播放什么。".to_owned()),
    };
    let reply = Reply::in_language(context, english, mandarin);
    if matches!(outcome, Outcome::Done(_) | Outcome::Unseen(_)) { reply.for_good() } else { reply }
}

fn done(wish: Wish, player: &Player, context: &SkillContext) -> (String, String) {
    let name = &player.name;
    match (wish, piece(player, context)) {
        (Wish::Pause, _) => ("Paused.".to_owned(), "暂停了。".to_owned()),
        (Wish::Stop, _) => ("Stopped.".to_owned(), "停止了。".to_owned()),
        (Wish::Play, Some(piece)) => (format!("Playing {piece}."), format!("正在播放{piece}。")),
        (Wish::Play, None) => (format!("{name} is playing."), format!("{name}正在播放。")),
        (Wish::Next | Wish::Previous, Some(piece)) if player.doing == Doing::Playing => {
            (format!("Now playing {piece}."), format!("现在播放{piece}。"))
        }
        (Wish::Next | Wish::Previous, Some(piece)) => {
            (format!("Now at {piece}, which isn't playing."), format!("换到了{piece}，没有在播放。"))
        }
        (Wish::Next | Wish::Previous, None) => {
            (format!("{name} moved to another track."), format!("{name}换了一首。"))
        }
    }
}

/// It was asked for and did not happen, as far as the player says.
fn unseen(wish: Wish, player: &Player, context: &SkillContext) -> (String, String) {
    let name = &player.name;
    let still = piece(player, context);
    match (wish, still) {
        (Wish::Play, _) => (
            format!("I asked {name} to play, but it says it isn't."),
            format!("我让{name}播放，可它说没有在播放。"),
        ),
        (Wish::Pause, _) => (
            format!("I asked {name} to pause, but it says it still plays."),
            format!("我让{name}暂停，可它说还在播放。"),
        ),
        (Wish::Stop, _) if player.doing == Doing::Paused => {
            (format!("{name} is paused, not stopped."), format!("{name}只是暂停了，没有停止。"))
        }
        (Wish::Stop, _) => (
            format!("I asked {name} to stop, but it says it still plays."),
            format!("我让{name}停止，可它说还在播放。"),
        ),
        (Wish::Next, Some(piece)) => (
            format!("I asked {name} for the next track, but it is still at {piece}."),
            format!("我让{name}换下一首，可还是{piece}。"),
        ),
        (Wish::Previous, Some(piece)) => (
            format!("I asked {name} for the track before, and it is at {piece}."),
            format!("我让{name}换上一首，现在还是{piece}。"),
        ),
        (Wish::Next | Wish::Previous, None) => (
            format!("I asked {name} for another track, but it doesn't say that it has one."),
            format!("我让{name}换一首，但它没有说换了。"),
        ),
    }
}

fn cannot(wish: Wish, name: &str) -> (String, String) {
    match wish {
        Wish::Next => (format!("{name} has no next track."), format!("{name}没有下一首。")),
        Wish::Previous => (format!("{name} has no track before this."), format!("{name}没有上一首。")),
        Wish::Pause => (format!("{name} can't pause this."), format!("{name}不能暂停这个。")),
        Wish::Play => (format!("{name} has nothing to play."), format!("{name}没有可以播放的。")),
        Wish::Stop => (format!("{name} can't be stopped from here."), format!("{name}不能从这里停止。")),
    }
}
