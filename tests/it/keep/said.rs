//! What is said, and what is answered to it: one store, sentence after sentence.

use mynah::{
    flow::{Language, Script},
    skills::{Given, SkillContext, Skills, Teller},
    store::{Store, Turn},
    understand::Understanding,
};

struct Desk {
    understanding: Understanding,
    skills: Skills,
}

impl Desk {
    fn new() -> Self {
        Self::on(Store::in_memory().unwrap())
    }

    fn on(store: Store) -> Self {
        let mut store = Some(store);
        let open = Box::new(move || Ok(store.take().unwrap()));
        let skills = Skills::new(Given::new(open, Teller::Here));
        Self { understanding: Understanding::new().unwrap(), skills }
    }

    fn ask(&mut self, words: &str) -> String {
        let language = Language::of_text(words);
        let Some(intent) = self.understanding.interpret(words, &language) else { return "-".to_owned() };
        let context = SkillContext {
            now: "2026-11-23T15:42[Europe/Paris]".parse().unwrap(),
            language,
            script: Script::Simplified,
            region: None,
            clock_24h: None,
        };
        self.skills.answer(&intent, &context).unwrap().text
    }

    fn table(mut self, table: &[(&str, &str)]) {
        for (words, reply) in table {
            assert_eq!(self.ask(words), *reply, "{words}");
        }
    }
}

#[test]
fn lists() {
    Desk::new().table(&[
        ("what's on my shopping list", "There is no shopping list."),
        ("what lists do I have", "There is no list yet."),
        ("clear the list", "There is no list yet."),
        ("take milk off the list", "There is no list yet."),
        ("put some milk on the list", "I put milk on a new shopping list."),
        ("add Milk and eggs to my shopping list", "I put eggs on the shopping list; Milk is already on it."),
        ("add milk and eggs to my shopping list", "Milk and eggs are already on the shopping list."),
        ("what's on my shopping list", "On the shopping list are 2 things: milk and eggs."),
        ("add call the bank to my to-do list", "I put call the bank on a new to-do list."),
        ("what's on my list", "On the to-do list is call the bank."),
        ("take an egg off my list", "I took eggs off the shopping list."),
        ("take bread off the shopping list", "Bread isn't on the shopping list."),
        (
            "what's on the camping list",
            "There is no camping list. You have the to-do list and shopping list.",
        ),
        ("make a list called camping", "I made a camping list."),
        ("make a list called camping", "There is a camping list already, with nothing on it."),
        ("what's on the camping list", "There is nothing on the camping list."),
        ("clear the camping list", "There was nothing on the camping list."),
        (
            "clear the list",
            "You have the camping list, to-do list and shopping list. Say which one; I changed nothing.",
        ),
        ("delete the camping list", "The camping list is gone."),
        ("delete the to-do list", "The to-do list is gone, with one item."),
        ("add oat milk to the shopping list", "I put oat milk on the shopping list."),
        ("add soy milk to the shopping list", "I put soy milk on the shopping list."),
        ("remove milk from the shopping list", "I took milk off the shopping list."),
        (
            "remove milk from the shopping list",
            "On the shopping list are oat milk and soy milk. Which one goes? I took nothing off.",
        ),
        ("clear the shopping list", "The shopping list is empty now; 2 items went."),
        ("what do I need to buy", "There is nothing on the shopping list."),
    ]);
}

#[test]
fn lists_in_mandarin() {
    Desk::new().table(&[
        ("购物清单上有什么", "没有购物清单。"),
        ("把牛奶和鸡蛋加到购物清单里", "牛奶和鸡蛋加到新建的购物清单了。"),
        ("把雞蛋、麵包加到購物清單", "面包加到购物清单了，鸡蛋本来就有。"),
        ("购物清单上有什么", "购物清单上有3项：牛奶、鸡蛋和面包。"),
        ("what's on my shopping list", "On the shopping list are 3 things: 牛奶, 鸡蛋 and 麵包."),
        ("把牛奶从购物清单删掉", "牛奶从购物清单去掉了。"),
        ("从购物清单里去掉牛奶", "购物清单上没有牛奶。"),
        ("把交电费加到待办事项里", "交电费加到新建的待办清单了。"),
        ("我的待办事项有哪些", "待办清单上有交电费。"),
        ("我有哪些清单", "有2个清单：待办清单（1项）和购物清单（2项）。"),
        ("清空购物清单", "购物清单清空了，去掉了2项。"),
        ("删除购物清单", "购物清单删掉了。"),
    ]);
}

#[test]
fn long_lists_are_read_a_part_at_a_time() {
    let mut desk = Desk::new();
    for number in 1..=20 {
        desk.ask(&format!("add thing{number} to my camping list"));
    }
    let first = desk.ask("what's on my camping list");
    assert!(first.starts_with("On the camping list are 20 things. The first 8: thing1, thing2, "), "{first}");
    assert!(desk.ask("read the rest").starts_with("The next 8: thing9, "));
    assert_eq!(desk.ask("read the rest of the list"), "The last 4: thing17, thing18, thing19 and thing20.");
    // Nothing is left of it: it begins anew.
    assert!(desk.ask("read the rest").starts_with("On the camping list are 20 things."));
    desk.ask("add apple to my shopping list");
    assert_eq!(desk.ask("read the rest of the shopping list"), "On the shopping list is apple.");
}

#[test]
fn notes() {
    Desk::new().table(&[
        ("read my notes", "There is no note."),
        ("take a note: the plumber comes on Thursday.", "Noted: the plumber comes on Thursday."),
        ("note that the gate code is 1234", "Noted: the gate code is 1234."),
        ("read my notes", "There are 2 notes: the plumber comes on Thursday; the gate code is 1234."),
        ("read me the last note", "The last note: the gate code is 1234."),
        ("do I have a note about the plumber", "There is one note: the plumber comes on Thursday."),
        ("what did I write down about the dog", "There is no note about that."),
        ("delete the note about the dog", "There is no note about that."),
        (
            "delete the note",
            "There are 2 notes, among them: the plumber comes on Thursday; the gate code is 1234. Which one goes? I \
             deleted nothing.",
        ),
        ("delete the note about the gate", "The note is deleted: the gate code is 1234."),
        ("记一下周四水管工要来", "记下了：周四水管工要来。"),
        ("我的笔记有哪些", "有2条笔记：the plumber comes on Thursday；周四水管工要来。"),
        ("删除最后一条笔记", "笔记删了：周四水管工要来。"),
        ("delete all my notes", "All notes are deleted, 1 in all."),
        ("删掉所有笔记", "没有笔记。"),
    ]);
}

#[test]
fn memory() {
    Desk::new().table(&[
        ("what do you remember about my car", "You haven't asked me to remember anything about that."),
        ("forget everything you know about me", "You haven't asked me to remember anything."),
        ("remember that my car is on level three.", "I'll remember: your car is on level three."),
        ("remember my car is on level three", "I remember that already: your car is on level three."),
        ("what do you remember about my car", "You told me: your car is on level three."),
        ("do you remember where my car is", "You told me: your car is on level three."),
        ("what do you remember about my cat", "You haven't asked me to remember anything about that."),
        ("remember that my car is on level four", "I'll remember: your car is on level four."),
        (
            "what do you remember about my car",
            "You told me 2 things about that, the latest first: your car is on level four; your car is on level three.",
        ),
        (
            "forget about my car",
            "I remember 2 things about that: your car is on level four; your car is on level three. Which one shall I \
             forget? I forgot nothing yet.",
        ),
        ("forget that my car is on level three", "I forgot this: your car is on level three."),
        ("记住我的车停在三层", "记住了：你的车停在三层。"),
        ("你记得我的车吗", "你跟我说过：你的车停在三层。"),
        ("你記得我的車停在哪裡嗎", "你跟我说过：你的车停在三层。"),
        ("你记得我的狗吗", "关于这个，你没有让我记过什么。"),
        ("what do you know about me", "You asked me to remember 2 things, the latest first: 我的车停在三层; your car is on level four."),
        ("忘掉我的车", "忘掉了：你的车停在三层。"),
        (
            "forget everything you know about me",
            "I forgot the one thing you asked me to remember. What you asked is still in the history, until you erase \
             that.",
        ),
        ("what do you remember", "You haven't asked me to remember anything."),
    ]);
}

#[test]
fn history() {
    let mut store = Store::in_memory().unwrap();
    let turn = |at: &str, asked: &str| Turn {
        at: at.parse().unwrap(),
        asked: asked.into(),
        answered: "yes".into(),
        by: "device".into(),
        region: "EU".into(),
    };
    for (at, asked) in [
        ("2026-11-16T08:00:00Z", "monday's"),
        // Sunday in Paris, Saturday in London.
        ("2026-11-21T23:30:00Z", "late"),
        ("2026-11-22T08:00:00Z", "early"),
        ("2026-11-23T08:00:00Z", "today's"),
    ] {
        store.add_turn(&turn(at, asked), "2026-11-01T00:00:00Z".parse().unwrap()).unwrap();
    }
    Desk::on(store).table(&[
        ("what did I just ask", "You asked: today's."),
        ("what did I ask you yesterday", "You asked 2 things: late; early."),
        ("what did I ask you on Friday", "Nothing that you asked on that day is kept."),
        ("what did I ask on November 16th", "You asked one thing: monday's."),
        ("what have I asked before", "The last 4 things you asked: monday's; late; early; today's."),
        ("我刚才问了什么", "你问的是：today's。"),
        ("我昨天问了你什么", "你问了2句：late；early。"),
    ]);
}

#[test]
fn days_that_have_a_name() {
    Desk::new().table(&[
        ("when is Thanksgiving", "That's Thursday, November 26, 2026."),
        ("how many days until Mother's Day", "167 days: it's on Sunday, May 9."),
        ("感恩节是哪天", "那天是2026年11月26日，星期四。"),
        ("离母亲节还有几天", "还有167天，是5月9日星期日。"),
    ]);
}

#[test]
fn odd_words_are_words() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.ask("add ' OR 1=1;-- to my shopping list"),
        "I put OR 1=1 and -- on a new shopping list."
    );
    assert_eq!(desk.ask("add and to my shopping list"), "-");
    assert_eq!(desk.ask("take a note: 😀 and a % sign"), "Noted: 😀 and a % sign.");
    assert_eq!(desk.ask(&format!("take a note: {}", "word ".repeat(700))).chars().count(), 129);
    assert_eq!(
        desk.ask(&format!("remember that {}", "word ".repeat(900))),
        "That's too long for me to remember. A note may be longer."
    );
    assert_eq!(
        desk.ask(&format!("add {} to my list", "x".repeat(300))),
        "That's too long for a list, so I put nothing on it."
    );
    assert_eq!(desk.ask("add 🥛 and eggs to my shopping list"), "I put 🥛 and eggs on the shopping list.");
    assert_eq!(desk.ask("把🍎和香蕉加到购物清单"), "🍎和香蕉加到购物清单了。");
    // A model may make something of it.
    assert_eq!(desk.ask(&format!("add {} to my list", "x".repeat(10_000))), "-");
    assert_eq!(desk.ask("add milk to my list list"), "I put milk on a new list called list.");
    assert_eq!(desk.ask("what's on my list list"), "On the list called list is milk.");
}
