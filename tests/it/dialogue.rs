//! Talk that goes on: what is asked back, changed, taken back and said again, through the whole program.

use super::support::binary::Home;

/// What each of `lines` is answered, in one session whose Mynah would be told what falls due elsewhere.
fn talk(home: &Home, lines: &[&str]) -> Vec<String> {
    let ran = home.ask_lines(lines.join("\n"));
    let reply = |turn: &serde_json::Value| {
        let text = turn["reply"]["text"].as_str().unwrap();
        NOT_RUNNING.iter().fold(text.to_owned(), |text, note| text.replace(note, ""))
    };
    ran.turns().iter().map(reply).collect()
}

/// Lines of a talk, each with its answer.
fn holds(talks: &[&[(&str, &str)]]) {
    for lines in talks {
        let said: Vec<&str> = lines.iter().map(|(said, _)| *said).collect();
        let expected: Vec<&str> = lines.iter().map(|(_, reply)| *reply).collect();
        assert_eq!(talk(&Home::new(), &said), expected, "{said:?}");
    }
}

const NOT_RUNNING: [&str; 2] = [
    " Mynah isn't running, so you will hear of it only while it runs.",
    "Mynah现在没有运行，要等它运行时才会提醒你。",
];

const NO_MODEL: &str = "I can't answer that on this device, and no language model is set up.";

#[test]
fn what_is_missing_is_asked_for_and_the_next_words_complete_it() {
    holds(&[
        &[
            ("set a timer", "For how long?"),
            ("five minutes", "Timer set for 5 minutes."),
            ("set a timer", "For how long?"),
            ("uh, make it 20", "Timer set for 20 minutes."),
        ],
        &[
            ("set an alarm", "For when?"),
            ("tomorrow", "At what time?"),
            ("half past six in the morning", "Alarm set for tomorrow at 6:30 in the morning."),
        ],
        &[
            ("set a reminder", "What should I remind you of?"),
            ("to call my mum", "When should I remind you?"),
            ("tomorrow at nine am", "Reminder set for tomorrow at 9 o'clock in the morning: call your mum."),
        ],
        // A hesitation is neither the answer nor the end of the question.
        &[
            ("set a reminder", "What should I remind you of?"),
            ("um", "What should I remind you of?"),
            ("to call my mum", "When should I remind you?"),
            ("uh, hmm", "When should I remind you?"),
            ("tomorrow at nine am", "Reminder set for tomorrow at 9 o'clock in the morning: call your mum."),
        ],
        &[
            ("设个闹钟", "设在什么时候？"),
            ("嗯", "设在什么时候？"),
            ("明天早上七点", "闹钟设好了，明天早上7点整。"),
            ("设一个计时器", "多长时间？"),
            ("十分钟", "计时器设好了，10分钟。"),
        ],
    ]);
}

#[test]
fn a_question_back_waits_for_what_else_was_asked_for_and_another_one_for_its_answer() {
    holds(&[
        &[
            ("set a timer and what is 2 plus 2", "That's 4. For how long?"),
            ("five minutes", "Timer set for 5 minutes."),
        ],
        &[
            ("set a timer and set an alarm", "For how long?"),
            ("ten minutes", "Timer set for 10 minutes. For when?"),
            ("tomorrow at 7 am", "Alarm set for tomorrow at 7 o'clock in the morning."),
        ],
    ]);
}

#[test]
fn another_command_is_no_answer_and_a_no_ends_the_question() {
    let replies =
        talk(&Home::new(), &["set a timer", "what is 2 plus 2", "five minutes", "what timers do I have"]);
    assert_eq!(replies[1..], ["That's 4.", NO_MODEL, "There is no timer."]);
    holds(&[
        &[("set a timer", "For how long?"), ("never mind", "Okay."), ("five minutes", NO_MODEL)],
        &[
            ("set a reminder", "What should I remind you of?"),
            ("no", "Okay."),
            ("my timers", "There is no timer."),
        ],
        &[("yes", "I didn't ask anything."), ("make it ten", NO_MODEL), ("and in Paris?", NO_MODEL)],
    ]);
}

#[test]
fn what_names_no_place_is_no_place_to_ask_anybody_about() {
    let placed = |words: &str| talk(&Home::new(), &["what's the weather", words]);
    for words in ["my mother has cancer and I am afraid", "the same as what we said last time"] {
        assert_eq!(placed(words), ["For which place?", NO_MODEL]);
    }
    assert_eq!(placed("what is 2 plus 2"), ["For which place?", "That's 4."]);
    assert!(placed("in Paris")[1].starts_with("I can't check the weather from here"));
    let mandarin = talk(&Home::new(), &["天气怎么样", "我妈妈得了癌症"]);
    assert_eq!(mandarin[0], "哪里的天气？");
    assert!(!mandarin[1].contains("天气"), "{mandarin:?}");
    assert!(talk(&Home::new(), &["天气怎么样", "北京"])[1].contains("查天气"));
}

#[test]
fn several_of_a_kind_are_told_apart_by_the_next_words() {
    holds(&[&[
        ("set a pasta timer for 5 minutes", "Pasta timer set for 5 minutes."),
        ("set a timer for ten minutes", "Timer set for 10 minutes."),
        ("cancel the timer", "There are 2 timers: pasta timer and 10 minute timer. Which one?"),
        ("the ten minute one", "The 10 minute timer is cancelled."),
        ("set a timer for an hour", "Timer set for 1 hour."),
        ("cancel the timer", "There are 2 timers: pasta timer and 1 hour timer. Which one?"),
        ("pasta", "The pasta timer is cancelled."),
    ]]);
}

#[test]
fn the_command_before_is_changed_and_what_it_did_is_replaced() {
    holds(&[
        &[
            ("set a timer for five minutes", "Timer set for 5 minutes."),
            ("make it ten", "Timer set for 10 minutes."),
            ("no, an hour", "Timer set for 1 hour."),
            ("cancel all timers", "The timer is cancelled."),
        ],
        &[
            ("wake me up at 7 am tomorrow", "Alarm set for tomorrow at 7 o'clock in the morning."),
            ("actually make it eight", "Alarm set for tomorrow at 8 o'clock in the morning."),
            ("what alarms do I have", "There is one alarm: tomorrow at 8 o'clock in the morning."),
        ],
        &[
            ("convert 5 miles to kilometers", "5 miles is about 8.047 kilometers."),
            ("and 10", "10 miles is about 16.09 kilometers."),
            ("and in feet?", "10 miles is 52,800 feet."),
            ("how about 3 yards", "3 yards is 9 feet."),
        ],
        &[("设一个五分钟的计时器", "计时器设好了，5分钟。"), ("改成十分钟", "计时器设好了，10分钟。")],
    ]);
}

#[test]
fn a_question_is_asked_again_about_something_else() {
    let replies = talk(&Home::new(), &["what time is it in Tokyo", "and in Paris?", "how about Atlantis"]);
    assert!(replies[0].contains("Tokyo") && replies[1].contains("Paris"), "{replies:?}");
    assert_eq!(replies[2], "I don't know which time zone Atlantis is in.");
    let replies = talk(&Home::new(), &["东京现在几点", "那巴黎呢"]);
    assert!(replies[1].starts_with("巴黎现在是"), "{replies:?}");
}

#[test]
fn what_was_done_last_is_taken_back() {
    holds(&[
        &[
            ("undo that", "There is nothing to take back."),
            ("set a timer for five minutes", "Timer set for 5 minutes."),
            ("undo that", "Okay, the 5 minute timer is gone."),
            ("my timers", "There is no timer."),
            ("undo that", "There is nothing to take back."),
        ],
        &[
            ("set a timer for five minutes", "Timer set for 5 minutes."),
            ("set a tea timer for four minutes", "Tea timer set for 4 minutes."),
            ("cancel all timers", "All 2 timers are cancelled."),
            ("undo", "Okay, all 2 are as they were."),
            ("cancel the timer", "There are 2 timers: 5 minute timer and tea timer. Which one?"),
        ],
        &[
            ("设一个五分钟的计时器", "计时器设好了，5分钟。"),
            ("取消计时器", "5分钟的计时器取消了。"),
            ("撤销", "好的，5分钟的计时器恢复了。"),
            ("给计时器加两分钟", "加了2分钟，7分钟的计时器还剩7分钟。"),
        ],
    ]);
}

#[test]
fn what_was_said_is_said_again() {
    holds(&[
        &[
            ("repeat that", "I haven't said anything yet."),
            ("what is 6 times 7", "That's 42."),
            ("what did you say?", "That's 42."),
        ],
        &[("三加五等于多少", "等于8。"), ("再说一遍", "等于8。")],
    ]);
}

#[test]
fn what_is_on_a_list_comes_back() {
    holds(&[&[
        ("add milk and eggs to my shopping list", "I put milk and eggs on a new shopping list."),
        ("clear the shopping list", "The shopping list is empty now; 2 items went."),
        ("undo that", "I put milk and eggs on the shopping list."),
        ("take milk off the shopping list", "I took milk off the shopping list."),
        ("undo", "I put milk on the shopping list."),
        ("undo", "I took eggs and milk off the shopping list."),
        ("undo", "There is nothing to take back."),
    ]]);
}

#[test]
fn which_one_goes_is_answered_by_the_next_words() {
    holds(&[
        &[
            (
                "add oat milk and soy milk to my shopping list",
                "I put oat milk and soy milk on a new shopping list.",
            ),
            (
                "remove milk from the shopping list",
                "On the shopping list are oat milk and soy milk. Which one goes? I took nothing off.",
            ),
            ("the oat one", "I took oat milk off the shopping list."),
            ("make a list called camping", "I made a camping list."),
            (
                "clear the list",
                "You have the camping list and shopping list. Say which one; I changed nothing.",
            ),
            ("the shopping one", "The shopping list is empty now; one item went."),
        ],
        &[
            ("take a note", "What should I write down?"),
            ("the plumber comes on Thursday", "Noted: the plumber comes on Thursday."),
            ("take a note: the gate code is 1234", "Noted: the gate code is 1234."),
            (
                "delete the note",
                "There are 2 notes, among them: the plumber comes on Thursday; the gate code is 1234. Which one \
                 goes? I deleted nothing.",
            ),
            ("the one about the gate", "The note is deleted: the gate code is 1234."),
        ],
        &[
            ("remember that my car is on level three", "I'll remember: your car is on level three."),
            ("remember that my car is red", "I'll remember: your car is red."),
            (
                "forget about my car",
                "I remember 2 things about that: your car is red; your car is on level three. Which one shall I forget? \
                 I forgot nothing yet.",
            ),
            ("that it is red", "I forgot this: your car is red."),
        ],
        &[
            ("把燕麦奶和豆奶加到购物清单里", "燕麦奶和豆奶加到新建的购物清单了。"),
            ("把奶从购物清单删掉", "购物清单上有燕麦奶和豆奶。要去掉哪一个？还没有去掉。"),
            ("豆奶", "豆奶从购物清单去掉了。"),
            ("记一下", "要记什么？"),
            ("周四水管工要来", "记下了：周四水管工要来。"),
        ],
    ]);
}

#[test]
fn what_is_due_is_changed_in_place() {
    holds(&[
        &[
            ("set an alarm for 7 am tomorrow", "Alarm set for tomorrow at 7 o'clock in the morning."),
            ("set a gym alarm for 6 pm tomorrow", "Gym alarm set for tomorrow at 6 o'clock in the evening."),
            ("change my 7 am alarm to 8", "The alarm is changed: tomorrow at 8 o'clock in the morning."),
            ("make it nine", "The alarm is changed: tomorrow at 9 o'clock in the morning."),
            ("make it half an hour later", "The alarm is changed: tomorrow at 9:30 in the morning."),
            (
                "push my alarm back by 10 minutes",
                "There are 2 alarms: tomorrow at 9:30 in the morning and gym tomorrow at 6 o'clock in the evening. Which one?",
            ),
            ("the 6 pm one", "The alarm is changed: gym tomorrow at 6:10 in the evening."),
            ("undo that", "Okay, the alarm gym tomorrow at 6 o'clock in the evening is as it was."),
        ],
        &[
            ("set an alarm for 7 am tomorrow", "Alarm set for tomorrow at 7 o'clock in the morning."),
            ("what alarms do I have", "There is one alarm: tomorrow at 7 o'clock in the morning."),
            ("change it to 8", "The alarm is changed: tomorrow at 8 o'clock in the morning."),
            ("change my alarm", "To when?"),
            ("half past nine", "The alarm is changed: tomorrow at 9:30 in the morning."),
            ("set an alarm for noon tomorrow", "Alarm set for tomorrow at noon."),
            ("move that to one pm", "Alarm set for tomorrow at 1 o'clock in the afternoon."),
            (
                "what are my alarms",
                "There are 2 alarms: tomorrow at 9:30 in the morning; tomorrow at 1 o'clock in the afternoon.",
            ),
        ],
        &[
            (
                "remind me tomorrow at 4 pm to call mum",
                "Reminder set for tomorrow at 4 o'clock in the afternoon: call mum.",
            ),
            (
                "change the reminder to call mum to 6",
                "The reminder is changed: call mum, tomorrow at 6 o'clock in the evening.",
            ),
            ("set a pasta timer for ten minutes", "Pasta timer set for 10 minutes."),
            ("change the pasta timer to 12 minutes", "Changed: 12 minutes left on the pasta timer."),
            ("make it 20", "Changed: 20 minutes left on the pasta timer."),
        ],
        &[
            ("定一个明天早上七点的闹钟", "闹钟设好了，明天早上7点整。"),
            ("把七点的闹钟改到八点", "闹钟改好了：明天早上8点整。"),
            ("闹钟推迟十分钟", "闹钟改好了：明天早上8点10分。"),
            ("我有哪些闹钟", "有一个闹钟：明天早上8点10分。"),
            ("改成九点", "闹钟改好了：明天上午9点整。"),
            ("撤销", "好的，明天早上8点10分的闹钟和原来一样了。"),
        ],
    ]);
}

#[test]
fn a_thing_on_a_list_becomes_another_in_its_place() {
    holds(&[
        &[
            (
                "add milk, bread and eggs to my shopping list",
                "I put milk, bread and eggs on a new shopping list.",
            ),
            (
                "change the milk to oat milk on my shopping list",
                "I changed milk to oat milk on the shopping list.",
            ),
            ("what's on my shopping list", "On the shopping list are 3 things: oat milk, bread and eggs."),
            ("replace bread with eggs on the list", "Eggs is already on the shopping list, so bread stays."),
            ("change tea to coffee on my list", "Tea isn't on the shopping list."),
            (
                "change bread to rolls and butter on my list",
                "I can change one thing to one other, so I changed nothing.",
            ),
            ("undo that", "I changed oat milk to milk on the shopping list."),
            ("what's on my shopping list", "On the shopping list are 3 things: milk, bread and eggs."),
        ],
        &[
            ("change milk to oat milk on my shopping list", "There is no shopping list."),
            ("把红酒和白酒加到购物清单", "红酒和白酒加到新建的购物清单了。"),
            ("把购物清单上的酒改成茶", "购物清单上有红酒和白酒。是哪一个？什么都还没有改。"),
            ("白酒", "购物清单上的白酒改成茶了。"),
            ("撤销", "购物清单上的茶改成白酒了。"),
        ],
    ]);
}
