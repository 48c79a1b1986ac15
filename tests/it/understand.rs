//! What is said, what it is taken for, and what is answered.

use mynah::{
    flow::{Intent, Language, SlotValue},
    skills::{Script, SkillContext, Skills},
    understand::{Templates, UnderstandError, Understanding},
};

const ENGLISH_FILE: &str = include_str!("../../config/intents/en.toml");
const MANDARIN_FILE: &str = include_str!("../../config/intents/zh.toml");

/// The intent as "name slot=value …", to compare in one glance.
fn shown(intent: Option<&Intent>) -> String {
    let Some(intent) = intent else { return "-".to_owned() };
    let slot = |slot: &mynah::flow::Slot| match &slot.value {
        SlotValue::Number(n) => format!(" {}={n}", slot.name),
        SlotValue::Text(t) => format!(" {}={t}", slot.name),
    };
    format!("{}{}", intent.name, intent.slots.iter().map(slot).collect::<String>())
}

fn check(language: &Language, table: &[(&str, &str)]) {
    let understanding = Understanding::new().unwrap();
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(words, expected)| {
            let found = shown(understanding.interpret(words, language).as_ref());
            (found != *expected).then(|| format!("{words}\n    is {found}\n    not {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), table.len(), wrong.join("\n"));
}

#[test]
fn every_sentence_a_file_promises_is_understood() {
    let understanding = Understanding::new().unwrap();
    for (language, file) in [(Language::ENGLISH, ENGLISH_FILE), (Language::MANDARIN, MANDARIN_FILE)] {
        let file: toml::Table = file.parse().unwrap();
        let mut wrong = Vec::new();
        for intent in file["intent"].as_array().unwrap() {
            let name = intent["name"].as_str().unwrap();
            for words in intent["tests"].as_array().unwrap() {
                let words = words.as_str().unwrap();
                let found = understanding.interpret(words, &language).map(|intent| intent.name);
                if found.as_deref() != Some(name) {
                    wrong.push(format!("{words}: {found:?}, not {name}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn english_is_understood() {
    check(
        &Language::ENGLISH,
        &[
            ("What time is it?", "clock.time"),
            ("WHAT TIME IS IT", "clock.time"),
            ("what's the time", "clock.time"),
            ("Hey, um, what's the time please?", "clock.time"),
            ("Could you tell me the time?", "clock.time"),
            ("Do you know what time it is right now?", "clock.time"),
            ("what is the current time", "clock.time"),
            ("got the time", "clock.time"),
            ("What time is it in Paris?", "clock.time place=Paris zone=Europe/Paris"),
            ("what's the time in Paris, France", "clock.time place=Paris, France zone=Europe/Paris"),
            ("what time is it in the UK right now", "clock.time place=the UK zone=Europe/London"),
            ("what time is it in the United States", "clock.time place=the United States zone=several"),
            ("time in ho chi minh city", "clock.time place=ho chi minh city zone=Asia/Ho_Chi_Minh"),
            ("What time is it in Zürich?", "clock.time place=Zürich zone=Europe/Zurich"),
            ("what time is it in Ushuaia", "clock.time place=Ushuaia zone=America/Argentina/Ushuaia"),
            ("what time is it in Atlantis", "clock.time place=Atlantis"),
            ("What's today's date?", "clock.date day=+0"),
            ("what's the date", "clock.date"),
            ("what is the date tomorrow", "clock.date day=+1"),
            ("what's the date next friday", "clock.date day=week+1 friday"),
            ("what was yesterday's date", "-"),
            ("what date was it three weeks ago", "clock.date day=-21"),
            ("tell me the date please", "clock.date"),
            ("what day is it", "clock.day"),
            ("What day is it today?", "clock.day day=+0"),
            ("which day of the week is it tomorrow", "clock.day day=+1"),
            ("what day is in ten days", "clock.day day=+10"),
            ("What day was July 20th, 1969?", "clock.day day=1969-07-20"),
            ("what day of the week is the first of january", "clock.day day=01-01"),
            ("what weekday is december twenty fifth", "clock.day day=12-25"),
            ("what's 20% of 92", "maths expr=((20/100)*92)"),
            ("What is twenty percent of ninety-two?", "maths expr=((20/100)*92)"),
            ("seven times eight", "maths expr=(7*8)"),
            ("what's 12 plus 5 divided by 2", "maths expr=(12+(5/2))"),
            ("square root of 144", "maths expr=sqrt(144)"),
            ("two to the power of ten", "maths expr=(2^10)"),
            ("what is half of 50", "maths expr=((1/2)*50)"),
            ("How much is 100 divided by 7?", "maths expr=(100/7)"),
            ("please calculate 3.5 times 1,200", "maths expr=(3.5*1200)"),
            ("what is the sum of 4 and 5", "maths expr=(4+5)"),
            ("5 divided by zero", "maths expr=(5/0)"),
            ("what is minus five plus three", "maths expr=((-5)+3)"),
            ("2+2", "maths expr=(2+2)"),
            ("what does 6*7 equal", "maths expr=(6*7)"),
            ("a dozen times twelve", "maths expr=(12*12)"),
            ("what is five multiplyed by nine", "maths expr=(5*9)"),
            ("convert 10 miles to kilometers", "units amount=10 from=mile to=kilometer"),
            ("Convert ten miles into kilometres, please.", "units amount=10 from=mile to=kilometer"),
            ("how many feet in a mile", "units to=foot from=mile"),
            ("How many ounces are there in 2 pounds?", "units to=ounce amount=2 from=pound"),
            ("what's 5 ft 10 in in cm", "units amount=5 from=foot extra=10 extra_unit=inch to=centimeter"),
            (
                "what is 5'10\" in centimeters",
                "units amount=5 from=foot extra=10 extra_unit=inch to=centimeter",
            ),
            ("what's five foot ten in centimeters", "units amount=5 from=foot extra=10 to=centimeter"),
            ("what is 98.6 fahrenheit in celsius", "units amount=98.6 from=fahrenheit to=celsius"),
            ("how hot is 30 degrees celsius in fahrenheit", "units amount=30 from=celsius to=fahrenheit"),
            ("minus 40 celsius in fahrenheit", "units amount=-40 from=celsius to=fahrenheit"),
            ("20km in miles", "units amount=20 from=kilometer to=mile"),
            ("how many liters are in a gallon", "units to=liter from=gallon"),
            ("convert half a mile to meters", "units amount=0.5 from=mile to=meter"),
            ("convert five kilomiters to miles", "units amount=5 from=kilometer to=mile"),
            ("what's 100 km/h in mph", "units amount=100 from=kilometer_per_hour to=mile_per_hour"),
            ("how many minutes is two and a half hours", "units to=minute amount=2.5 from=hour"),
            ("50 dollars in euros", "units amount=50 from=USD to=EUR"),
            ("Who are you?", "about.name"),
            ("what's your name", "about.name"),
            ("what can you do", "about.skills"),
            ("Can you tell me what you can do?", "about.skills"),
            ("stop", "stop"),
            ("Stop!", "stop"),
            ("please stop talking", "stop"),
            ("never mind", "stop"),
            ("cancel", "stop"),
            ("be quiet", "stop"),
            ("Okay, that's enough.", "stop"),
        ],
    );
}

#[test]
fn english_that_is_something_else_is_left_alone() {
    let sentences = [
        "what time is the meeting tomorrow",
        "what's the time complexity of quicksort",
        "stop the timer",
        "what day is Christmas",
        "who are you voting for",
        "convert my file to pdf",
        "set a timer for five minutes",
        "what is the capital of France",
        "what time does the store open",
        "what time is it in the movie",
        "what time is it when the clock strikes thirteen",
        "what time should I leave",
        "is it time to go",
        "time flies",
        "what is time",
        "the time machine",
        "do you have the time to talk",
        "what time zone is Paris in",
        "what time is it in ten minutes",
        "what time is sunset",
        "remind me at three o'clock",
        "what date is Easter",
        "who should I date",
        "what's the release date of Dune",
        "what day is the election",
        "have a nice day",
        "what day works for you",
        "how was your day",
        "what is seven",
        "five",
        "what is the meaning of 42",
        "what happened on 9/11",
        "what is 9/11",
        "what is nine eleven",
        "tell me about the square root",
        "two of three",
        "what times are available",
        "how many people live in France",
        "how many feet does a spider have",
        "how many calories are in an apple",
        "how many days until Christmas",
        "how far is the moon",
        "how many miles to London",
        "convert the recipe to vegan",
        "what is a mile",
        "how much is a gallon of milk",
        "how tall is Mount Everest in feet",
        "what's 5 in french",
        "what is 3 feet",
        "weigh ten pounds",
        "who are you talking about",
        "who are they",
        "what's your name for this",
        "what's his name",
        "what can you do about climate change",
        "what can you do with two eggs",
        "help me write a letter",
        "help me move",
        "stop the music",
        "stop the car",
        "don't stop",
        "stop at the next light",
        "cancel my subscription",
        "never mind the gap",
        "be quiet about the party",
        "forget it happened",
        "bus stop",
        "how do I stop smoking",
        "turn off the lights",
        "play some jazz",
        "what's the weather in Tokyo",
        "tell me a joke",
        "good morning",
        "hello",
        "",
        "?",
        "um",
        "please",
        "the",
        "what",
        "two plus",
        "times two",
        "one plus one is two",
        "write a poem about 12 times 3",
        "what is the date of the battle of Hastings",
    ];
    let table: Vec<(&str, &str)> = sentences.into_iter().map(|words| (words, "-")).collect();
    check(&Language::ENGLISH, &table);
}

#[test]
fn mandarin_is_understood() {
    check(
        &Language::MANDARIN,
        &[
            ("现在几点了", "clock.time"),
            ("现在几点？", "clock.time"),
            ("現在幾點了？", "clock.time"),
            ("请问现在几点钟了", "clock.time"),
            ("你知道现在几点吗", "clock.time"),
            ("麻烦你告诉我现在几点", "clock.time"),
            ("现在是什么时间", "clock.time"),
            ("嗯，几点了", "clock.time"),
            ("现在的时间", "clock.time"),
            ("东京现在几点", "clock.time place=东京 zone=Asia/Tokyo"),
            ("東京現在幾點了", "clock.time place=東京 zone=Asia/Tokyo"),
            ("纽约几点了", "clock.time place=纽约 zone=America/New_York"),
            ("现在伦敦几点", "clock.time place=伦敦 zone=Europe/London"),
            ("美国现在几点", "clock.time place=美国 zone=several"),
            ("巴黎时间", "clock.time place=巴黎 zone=Europe/Paris"),
            ("亚特兰蒂斯现在几点", "clock.time place=亚特兰蒂斯"),
            ("今天几号", "clock.date"),
            ("今天是几月几号？", "clock.date"),
            ("今天幾號", "clock.date"),
            ("明天是几号", "clock.date day=+1"),
            ("下周五是几号", "clock.date day=week+1 friday"),
            ("三天后是几月几日", "clock.date day=+3"),
            ("后天几号", "clock.date day=+2"),
            ("今天的日期", "clock.date"),
            ("今天星期几", "clock.day"),
            ("今天周几呀", "clock.day"),
            ("明天是星期几", "clock.day day=+1"),
            ("昨天禮拜幾", "clock.day day=-1"),
            ("七月四号是星期几", "clock.day day=07-04"),
            ("二〇二七年十月一日是星期几", "clock.day day=2027-10-01"),
            ("两周后是星期几", "clock.day day=+14"),
            ("二十加三十等于多少", "maths expr=(20+30)"),
            ("二十加三十等於多少？", "maths expr=(20+30)"),
            ("7乘以8等于几", "maths expr=(7*8)"),
            ("一百减三十七", "maths expr=(100-37)"),
            ("帮我算一下十二除以五", "maths expr=(12/5)"),
            ("三分之一等于多少", "maths expr=(1/3)"),
            ("百分之二十乘以九十二", "maths expr=((20/100)*92)"),
            ("九十二的百分之二十是多少", "maths expr=(92*(20/100))"),
            ("92的20%是多少", "maths expr=(92*(20/100))"),
            ("一百四十四的平方根", "maths expr=sqrt(144)"),
            ("二的十次方等于多少", "maths expr=(2^10)"),
            ("五十的一半是多少", "maths expr=(50*(1/2))"),
            ("三万五千加两千", "maths expr=(35000+2000)"),
            ("负五加三", "maths expr=((-5)+3)"),
            ("三点五乘二", "maths expr=(3.5*2)"),
            ("5除以0", "maths expr=(5/0)"),
            ("1+1=?", "maths expr=(1+1)"),
            ("十公里等于多少英里", "units amount=10 from=kilometer to=mile"),
            ("十公里等於多少英里？", "units amount=10 from=kilometer to=mile"),
            ("10公里是多少英里", "units amount=10 from=kilometer to=mile"),
            ("一英里有多少英尺", "units amount=1 from=mile to=foot"),
            ("五公斤等于多少磅", "units amount=5 from=kilogram to=pound"),
            ("三斤是多少公斤", "units amount=3 from=jin to=kilogram"),
            ("两斤是多少克", "units amount=2 from=jin to=gram"),
            ("把一百磅换算成公斤", "units amount=100 from=pound to=kilogram"),
            ("三十摄氏度等于多少华氏度", "units amount=30 from=celsius to=fahrenheit"),
            ("華氏一百度是多少攝氏度", "units from=fahrenheit amount=100 to=celsius"),
            ("一加仑等于多少升", "units amount=1 from=gallon to=liter"),
            ("五英尺十英寸是多少厘米", "units amount=5 from=foot extra=10 extra_unit=inch to=centimeter"),
            ("一天有多少秒", "units amount=1 from=day to=second"),
            ("一个小时有多少秒", "units amount=1 from=hour to=second"),
            ("一百美元等于多少人民币", "units amount=100 from=USD to=CNY"),
            ("你是谁", "about.name"),
            ("你是誰？", "about.name"),
            ("你叫什么名字", "about.name"),
            ("您叫什么", "about.name"),
            ("你会做什么", "about.skills"),
            ("你能做什么呢", "about.skills"),
            ("你能帮我做什么", "about.skills"),
            ("停", "stop"),
            ("停。", "stop"),
            ("别说了", "stop"),
            ("別說了", "stop"),
            ("不要说了", "stop"),
            ("取消", "stop"),
            ("算了", "stop"),
            ("请安静", "stop"),
        ],
    );
}

#[test]
fn mandarin_that_is_something_else_is_left_alone() {
    let sentences = [
        "北京的天气怎么样",
        "会议几点",
        "会议几点开始",
        "电影几点",
        "飞机几点起飞",
        "明天几点开会",
        "我们几点出发",
        "几点下班",
        "现在几点出发合适",
        "什么时候吃饭",
        "快速排序的时间复杂度是多少",
        "时间管理",
        "时间过得真快",
        "时差是多少",
        "北京到上海要多长时间",
        "生日是几号",
        "他的生日是几月几号",
        "圣诞节是星期几",
        "春节是几号",
        "几号地铁",
        "几号楼",
        "今天天气怎么样",
        "今天吃什么",
        "明天放假吗",
        "你今天怎么样",
        "星期天去哪玩",
        "五",
        "二十",
        "什么是百分之",
        "加油",
        "加三",
        "三加",
        "一加手机怎么样",
        "乘公交怎么走",
        "除以",
        "一半人会怎么样",
        "十公里有多远",
        "北京到上海多少公里",
        "一公斤苹果多少钱",
        "多少人住在北京",
        "珠穆朗玛峰有多少米",
        "一个苹果有多少卡路里",
        "换算文件",
        "把文件转换成PDF",
        "五分钟后提醒我",
        "定一个五分钟的闹钟",
        "你是谁的粉丝",
        "你是谁派来的",
        "他是谁",
        "你叫他来",
        "你会做什么菜",
        "你会说英语吗",
        "你能帮我写信吗",
        "你有什么爱好",
        "停止计时器",
        "停车场在哪",
        "停电了怎么办",
        "别说了我知道的事",
        "取消订单",
        "算了一卦",
        "安静的歌",
        "关灯",
        "放一首歌",
        "讲个笑话",
        "法国的首都是哪里",
        "你好",
        "谢谢",
        "嗯",
        "",
        "？",
        "请问",
        "的",
    ];
    let table: Vec<(&str, &str)> = sentences.into_iter().map(|words| (words, "-")).collect();
    check(&Language::MANDARIN, &table);
}

#[test]
fn questions_are_answered() {
    let understanding = Understanding::new().unwrap();
    let skills = Skills::new();
    let table = [
        ("What time is it?", "It's 3:42 in the afternoon."),
        ("what time is it in Tokyo", "It's 11:42 at night in Tokyo."),
        ("what time is it in america", "America has several time zones. Which city do you mean?"),
        ("what's the date next friday", "That's Friday, November 27, 2026."),
        ("What's 20% of 92?", "That's 18.4."),
        ("what is five divided by zero", "I can't divide by zero."),
        ("Convert 10 miles to kilometers.", "10 miles is about 16.09 kilometers."),
        ("who are you", "I'm Mynah, a voice assistant on this machine. Your voice stays on it."),
        ("stop", "Okay."),
        ("现在几点了", "现在是下午3点42分。"),
        ("東京現在幾點", "東京現在是晚上11點42分。"),
        ("二十加三十等于多少", "等于50。"),
        ("十公里等於多少英里", "10公里大約等於6.214英里。"),
        ("今天星期几", "今天是星期日。"),
        ("別說了", "好的。"),
    ];
    for (words, expected) in table {
        let language = Language::of_text(words);
        let intent = understanding.interpret(words, &language).unwrap_or_else(|| panic!("{words}"));
        let context = SkillContext {
            now: "2026-11-22T15:42[Europe/Paris]".parse().unwrap(),
            language,
            script: Script::of_text(words),
            region: None,
            clock_24h: None,
        };
        assert_eq!(skills.answer(&intent, &context).unwrap().text, expected, "{words}");
    }
}

#[test]
fn a_slot_says_where_it_was_said() {
    let words = "Um, what time is it in 東京, Tokyo?";
    let words_english = "Um, what time is it in New York please?";
    let understanding = Understanding::new().unwrap();
    assert_eq!(understanding.interpret(words, &Language::ENGLISH), None);
    let intent = understanding.interpret(words_english, &Language::ENGLISH).unwrap();
    assert_eq!(&words_english[intent.slots[0].span.clone()], "New York");
}

#[test]
fn a_bad_file_is_refused_with_its_line() {
    let table = [
        ("name = \"stop\"", "name = \"\"", "needs a name"),
        ("    \"what is today\",", "    \"what is (today\",", "`)` is missing"),
        ("    \"what is today\",", "    \"what is {day:tag}\",", "no slot kind"),
        ("[fillers]", "[fillers]\ncolour = 3", "unknown field"),
        ("name = \"maths\"", "name = ", ""),
    ];
    for (old, new, reason) in table {
        let at = ENGLISH_FILE.find(old).unwrap();
        let broken = ENGLISH_FILE.replacen(old, new, 1);
        let error = Templates::parse(&Language::ENGLISH, &broken).err().unwrap();
        let UnderstandError::BadTemplates { line, reason: found, .. } = error else { panic!("{error}") };
        let expected = 1 + ENGLISH_FILE[..at].matches('\n').count() + new.matches('\n').count();
        assert_eq!(line, expected, "{new}: {found}");
        assert!(found.contains(reason), "{new}: {found}");
    }
}

#[test]
fn hostile_sentences_end_soon() {
    let understanding = Understanding::new().unwrap();
    for words in [
        "(".repeat(400),
        "minus ".repeat(60),
        "加".repeat(130),
        "what is ".repeat(9_000),
        "1 plus ".repeat(23),
    ] {
        for language in [Language::ENGLISH, Language::MANDARIN] {
            assert_eq!(understanding.interpret(&words, &language), None);
        }
    }
    assert_eq!(understanding.interpret("quelle heure est-il", &Language::from_code("fr").unwrap()), None);
}
