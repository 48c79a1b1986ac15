//! Words after which more is to come, and those that only look like it, in English and Mandarin.
//!
//! Enters: nothing. Leaves: lists, their items parted by spaces, or by `|` where an item has several words; Mandarin in
//! both scripts. Never here: a rule.

/// After these nobody has finished, whatever came before.
pub(super) const HESITATIONS: &str = "\
    um uh uhm umm erm er hmm hm mm and or but because";

/// No sentence ends with these, but for intents that do ("what time it is").
pub(super) const OPEN_ENDS: &str = "\
    a an the my your his her our their its every each any another some many much very really quite too both \
    either neither such few several of to for from with without about at into onto between among until till \
    than by per as during since toward towards against via versus like if when while whether that's which \
    what whose how where who then also except unless although though i we they he she i'm i'll i'd i've \
    we're you're they're he's she's it's there's what's who's where's when's how's let's is are was were be \
    been am will would could should can may might must does did has had have don't doesn't didn't isn't \
    aren't wasn't won't wouldn't couldn't shouldn't haven't gonna wanna named called saying times divided \
    multiplied percent percentage so well actually plus minus in on over do";

/// A sentence that is nothing but this, or ends with it after "please", "can you" and the like, asks for more.
pub(super) const BEGINNINGS: &str = "\
    set | set a timer | set timer | start a timer | set the timer | set an alarm | set alarm | create | \
    create a reminder | set a reminder | remind me | remind | wake me up | wake me | tell me | show me | \
    give me | let me | help me | play | call | open | send | send a message | add | turn | switch | convert \
    | calculate | translate | search | look up | look | find | make | put | buy | ask | read | write | start \
    | change | increase | decrease | text | spell | define | schedule | cancel my | can you | could you | \
    would you | will you | do you | do you know | i want | i need | i would | i think | i was | i was \
    wondering | hey | please | what time | what day | what date | what kind | what about | how about | how \
    many | how much | how long | how far | how old | how tall | how do | how do you | how do i | why do | \
    why don't | you know | excuse me | turn on | turn off | switch on | switch off | turn up | turn down | \
    volume | the | this | that | these | those | the next | oh | start the timer | add a timer | set another \
    timer | set a new timer | make a reminder";

/// What a sentence may open with before one of [`BEGINNINGS`].
pub(super) const BEFORE: &str = "\
    please can could would will you hey hi okay ok so well um uh oh now just";

/// After a number these wait for its unit or for more of the sum.
pub(super) const COUNTED: &str = "\
    timer timers countdown convert remind calculate snooze wait times plus minus by add subtract multiply \
    divide in after";

/// Number words after which a number often goes on.
pub(super) const TENS: &str = "\
    twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion point";

/// The other number words.
pub(super) const NUMBERS: &str = "\
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
    seventeen eighteen nineteen half dozen";

/// Mandarin after which nobody has finished, in both scripts.
pub(super) const HESITATIONS_HAN: &str = "\
    嗯 呃 额 額 那个 那個 然后 然後 还有 還有 和 跟 与 與 或者 或 而且 并且 並且 因为 \
    因為 所以 但是 可是 不过 不過 如果 要是 加 减 減 乘 乘以 除以 除 就是 还是 還是";

/// No sentence ends with these, but for intents that do and the words in [`WHOLE_HAN`].
pub(super) const OPEN_ENDS_HAN: &str = "\
    把 将 將 给 給 帮我 幫我 给我 給我 替我 从 從 在 向 往 对 對 比 为 為 让 讓 叫 \
    请 請 被 到 离 離 按 关于 關於 提醒我 告诉我 告訴我 叫我 我想 我要 我想要 我需要 \
    我想知道 我想问 我想問 请问 請問 能不能 可不可以 是不是 有没有 有沒有 你能 你可以 你会 \
    你會 一个 一個 个 個 这 這 那 每 每天 第 几点到 幾點到 是 等于 等於 换算成 換算成 \
    换成 換成 翻译成 翻譯成 百分之 分之 怎么 怎麼 为什么 為什麼 明天早上 明天下午 今天晚上 \
    明天晚上 我的 你的 他的 她的 今天的 明天的 昨天的 最近的 附近的 放一首 放首 来一首 \
    來一首 一首";

/// Mandarin that asks for more where nothing else was said but 请 and the like.
pub(super) const BEGINNINGS_HAN: &str = "\
    打开 打開 关闭 關閉 播放 设置 設置 设定 設定 翻译 翻譯 搜索 设 設 定 用 的 什么 \
    什麼 这个 這個 那 你 我 他 她 今天 明天 后天 後天 现在 現在 定时 定時 计时 計時 \
    提醒 打电话 打電話 发消息 發消息 设闹钟 設鬧鐘 定闹钟 定鬧鐘 设个闹钟 設個鬧鐘 定个闹钟 \
    定個鬧鐘 设一个闹钟 設一個鬧鐘 设一个计时器 設一個計時器 设个计时器 設個計時器 几 幾 多少 \
    怎么样 怎麼樣 请问 請問 你知道";

/// Words that end in one of [`OPEN_ENDS_HAN`] or [`HESITATIONS_HAN`] and are whole.
pub(super) const WHOLE_HAN: &str = "\
    现在 現在 正在 存在 实在 實在 不在 在不在 不对 不對 对不对 對不對 听到 聽到 找到 看到 \
    收到 迟到 遲到 感到 做到 等到 不是 总是 认为 認為 以为 以為 温和 溫和 暖和 参加 參加 \
    增加 新加 更加 删除 刪除 解除 清除 排除 哪个 哪個 几个 幾個 整个 怎么叫 不叫 不让 \
    申请 邀请 对比 對比 绝对 絕對 面对 面對 反对 反對 成为 成為 作为 作為 行为 行為 想到 \
    得到 拿到 遇到 不到 达到 達到 没有 沒有";

/// One-character answers.
pub(super) const ANSWERS_HAN: &str = "\
    对 對 是 好 行 停 要 不 没 沒 有 在 能 会 會 可以";

/// Mandarin that counts something, after which a number waits for its unit.
pub(super) const COUNTED_HAN: &str = "\
    计时 計時 定时 定時 倒数 倒數 提醒 换算 換算 分之 加 减 減 乘 除 一个 一個";

/// These end a sentence only after certain words: "turn it on", "come in", "yes I can".
pub(super) const LEANING: [(&str, &str); 30] = [
    ("in", "come log sign check plug built"),
    ("on", "it them that this all going come hold later is are go carry move"),
    ("over", "it start is game take"),
    ("can", "i you we they he she it"),
    ("will", "i you we they he she it"),
    ("do", "i you we they to can it that this"),
    ("is", "it that this he she there"),
    ("are", "they you we those these"),
    ("am", "i"),
    ("did", "i you we they he she it who"),
    ("was", "it that he she there i"),
    ("were", "they you we"),
    ("have", "i you we they to"),
    ("about", "it that this is"),
    ("for", "it that is what looking waiting"),
    ("to", "talking speaking listening"),
    ("with", "deal it"),
    ("like", "it look looks that is sound sounds taste"),
    ("much", "very so too how"),
    ("many", "too so"),
    ("too", "me you that it"),
    ("then", "right okay ok good fine back"),
    ("her", "call ask text to with tell for about message"),
    ("some", "more"),
    ("so", "think hope is if"),
    ("well", "as very"),
    ("i", "am was do did can will should"),
    ("he", "is was did does"),
    ("she", "is was did does"),
    ("they", "are were did do"),
];
