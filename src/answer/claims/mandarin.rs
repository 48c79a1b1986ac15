//! Mandarin claims: 我已经帮你设好闹钟了, 正在打开浏览器, 闹钟设好了, 我会提醒你的.
//!
//! Enters: a sentence without its quotations, in either script. Leaves: whether it claims. What the assistant says of
//! itself as over, under way or to come is a deed, whatever the verb, unless it is one of thinking or wording; so is a
//! thing of the user's that is said to be as a deed leaves it. Never here: a list of all deeds.

use super::Deed;
use crate::{
    flow::{Language, Script},
    script::Scribe,
};

/// Thinking and wording: the text itself is the deed.
const TALK: &str = "想 觉得 认为 知道 明白 理解 解释 讲 说 写 翻译 列了 列在 列出 列一 总结 概括 算 数了 数一 选了 选的 挑 找到 介绍 举 回答 \
    答 记得 忘 弄错 弄混 误会 希望 喜欢 爱 猜 学 试 比较 分析 建议 推荐 编 起草 补充 分成 分了 分组 排了一下 四舍五入 重复 扮演 \
    尽 努力 听 看到 聊 提到 指的 尊重 从头 一步 先从 先来 简单 概述 描述 确认一下 估计 举例 强调 讨论 在这里 陪 等你 等您 \
    用中文 当你 乐意 高兴 抱歉 训练 运行 进步 列举 推测 想象 考虑 整理如下 查不 按年龄 按拼音 按字母 按颜色 按时间顺序 分两 归纳 引用 讲解 纠正 修改如下 梳理 归类 起了 起个 起名 给出 支持你 相信 \
    标出来 标在";

/// What words are made of.
const OF_WORDS: &str = "句 词 诗 故事 翻译 答案 意思 语气 段落 这段 一段 第二段 文章 标点 错别字 例子 理由 重点 笑话 题目 菜谱 说明 内容 问题 草稿 幽默 作文 谜语 \
    道理 结论 观点 回合 单位的 下文 下面 下列 上面 要点 步骤 第一题 第二题 下一题 这题 道题 提示 选择 字数 名字 标题 开头 结尾 逗号 措辞 用词 方面 一行 最后一行 大纲 语法 拼音 主意 思路 方案如下 细节 数字 香料 食材";

/// What devices and services do.
const DEEDS: &str = "设 定好 定了 约好 约在 约上 发送 传送 发了 发给 发出 发过 发到 发好 发布 发你 发您 发至 签收 挂断 转接 清零 推迟到 交给 浇水 挂上号 出粮 浇过 开洗 寄 打开 开启 开始 启动 关 开了 开好 开到 开啦 播放 放着 \
    暂停 停止 停了 取消 撤 删 添加 加到 加入 加进 加了 加上 创建 新建 建了 建好 安排 排好 排在 排到 预订 预定 预约 订 购买 买 下单 付 支付 转账 转了 转给 \
    转到 转过 转发 拨 发消息 发短信 发邮件 发微信 发个 打电话 打了电话 打给 保存 存 记下 记好 记上 记录 记了 录 叫醒 调 静音 锁 解锁 更新 连 上传 下载 安装 装好 查了 查过 查询 搜 重启 提交 交了 \
    传给 拉上 拉开 拉黑 通知 回复 叫好 叫了 叫车 改到 改成 改了 改为 改好 改在 改签 改送 发到 续 打印 换 切换 切到 升级 升到 降到 降低 减小 增大 清空 清理 \
    清掉 勾掉 划掉 标记 标为 移 挪 推迟 推后 往后推 推了 提前 腾 空出 预留 留了 留位 留着 留好 屏蔽 退订 退了 退款 申请 续费 充值 充好 缴 报名 订阅 分享 共享 \
    同步 备份 恢复 归零 布防 解除 卸载 投屏 投到 收藏 确认 登记 录入 断开 派出 升起 预热 加热 烧上 烧水 放水 扫地 打扫 充电 写进 写到 收进 列入 记入 \
    计入 编入 通过了 连上 修好 剪好 拍好 拍了 截 送达 发送 规划好 联系 办 接通 挂断 上传 完成 亮了 亮灯 灭了 转起来 暖和起来 静音 启用 停用 激活 绑定 收下 \
    处理 导航 倒 快进 后退 跳到 接上 打好 备好 弄好 做好 准备 切 响应 播";

/// What no timer, alarm or reminder is.
const ELSEWHERE: &str = "发送 传送 发了 发给 发出 发消息 发短信 发邮件 发微信 给他发 给她发 寄 打开 开启 关 \
    开灯 播放 预订 预定 预约 订 购买 买 下单 付 支付 转账 拨 打了电话 打电话 调到 调低 调高 静音 锁 解锁 \
    上传 下载 安装 重启 传给 转发 打印 充值 投 拉黑 拉上 拉开 灯 空调 暖气 风扇 音乐 歌 门 窗 消息 短信 邮件 电话 票 餐 外卖 车 清单 照片 视频";

/// What a device or a service can act on.
const THINGS: &str = "闹钟 计时 倒计时 定时器 秒表 提醒 消息 短信 讯息 信息 邮件 邮箱 收件箱 语音 音乐 歌 灯 空调 暖气 风扇 温度 音量 亮度 声音 订单 日程 日历 \
    预约 预订 门 窗 帘 锁 电话 手机 平板 浏览器 电视 频道 电脑 蓝牙 备忘 笔记 清单 列表 会议 的会 例会 卧室 客厅 厨房 书房 走廊 浴室 阳台 楼下 楼上 票 餐厅 文件 应用 外卖 屏幕 屏 网 热点 模式 字幕 壁纸 字体 输入法 \
    摄像 监控 录音 录像 录屏 照片 相册 截图 截屏 视频 歌单 播放 音箱 音响 耳机 打印机 投影 路由器 机器人 机 器 水壶 烤箱 锅 炉 浴缸 充电 车门 车库 车票 约车 专车 出租车 包裹 快递 \
    机票 航班 行程 座位 位子 桌 酒店 房间 钱 款 账单 账号 账户 密码 会员 卡 红包 话费 费 联系人 通讯录 号码 名片 好友 群 朋友圈 评论 帖子 状态 位置 定位 \
    导航 路线 通知 免打扰 勿扰 报告 表格 合同 文档 文件夹 回收站 垃圾 缓存 系统 更新 备份 数据 设置 偏好 运动 跑步 锻炼 体重 血压 生日 聚会 活动 邀请 请柬 \
    洗碗 洗衣机 冰箱 幻灯片 目的地 路线 预算 单词本 计算器 指南针 手电筒 有声书 书签 幕布 净化器 衣服 白噪音 下一首 快递 安防 报警 警报 布防 药 表单 退款 理赔 付款 预定 订阅 简报 喷头 单位 语言";

/// What nobody did, or only may do.
const DOUBTS: &str = "没 我才 以为 希望 不能 不会 不了 不到 不是 不开 不出 不上 不清 不用 无法 别忘 别再 别动 别碰 别着 别太 可以 能帮 能够 能播 想让 要不要 需要 要我 应该 如果 要是 假如 只要 除非 \
    告诉我 才会 才能 很成功 关门了 同意 不确定 不知道 不建议 吗 是否 可能 大概 也许 恐怕 或许 报道 新闻说 听说 的话 的时候 一般 通常 往往 大多 多数 有时 经常 \
    总是 可惜 失败 有助于 能不能 会不会 是不是 有没有 什么 怎么 哪 几点 建议 一…就 尽量 最好 自己 记得 确保 以前 说过 讲过 谁 为什么 看来 似乎 好像 容易";

/// Somebody else, or a time that is long over.
const OTHERS: &str = "他 她 它 人 大家 有人 别人 你已 您已 你可 您可 你刚 你把 您把 老师 专家 市长 警察 记者 你说 您说 你让 你要是 你得 你会 你妈 你爸 你的妈 你的爸 你妹 你弟 谷歌 苹果 公司 政府 医生 老人 科学 开发者";

/// Times and ways in which things are said of the world.
const WORLD: &str = "一五 一六 一七 一八 一九 二〇 年前 年代 年来 多年 世纪 好几年 好几天 大部分 旧版本 万人 公元 历史 国家 全国 总统 部长 战争 的人 部电影 每个人 各国 时代 用来 于一 次了 多场 就好 就能 就会 就行 就可以 一转 一按 为止 比去 和去 去年 今年 报纸 故事 画里 \
    祖父 新款 那家 那条 那支 那首 那部 这支 这部 这条 这本 这个物种 物种 纪录 俱乐部 乐队 冬天 春天 太阳 花开 考试 高手 罗马 端到端 就要 城市 拿破仑 下雨 雨停 下雪 雪停 雪下 天气 气温 伤 病 饭好 饭了 水开 面条 面团 蛋 葱 肉 先关 再放 先 小火 大火 关火 盖 音乐会 演唱会 比赛";

const US: &str = "帮你 帮您 为你 为您 给你 给您 替你 替您 代你 代您";

/// What stands behind what is said.
const PARTICLES: [char; 8] = ['了', '啦', '喽', '咯', '哦', '呀', '呢', '哈'];

fn has(text: &str, list: &str) -> bool {
    list.split_whitespace().any(|listed| text.contains(listed))
}

fn begins(text: &str, list: &str) -> bool {
    list.split_whitespace().any(|listed| text.starts_with(listed))
}

fn ends(text: &str, list: &str) -> bool {
    list.split_whitespace().any(|listed| text.ends_with(listed))
}

pub(super) fn claim(text: &str) -> Option<Deed> {
    let text = Scribe::new(Script::Simplified).write(text.to_owned(), &Language::MANDARIN);
    let asks = text.trim_end().ends_with(['？', '?']);
    let sentence_doubts = has(&text, "如果 要是 假如 只要 除非 告诉我 是否 有没有");
    let mut clauses: Vec<&str> = text
        .split(['，', '。', '！', '？', '；', '：', ',', '.', '!', '?', ';', ':', '…', '—'])
        .map(str::trim)
        .filter(|clause| !clause.is_empty())
        .collect();
    if asks {
        clauses.pop();
    }
    if sentence_doubts || clauses.iter().any(|clause| ends(clause, "人说 说道 里说 写道")) {
        return None;
    }
    // 好的，打开阅读灯: what was asked for, said again behind a yes.
    let agreed =
        clauses.first().is_some_and(|first| listed("好 好的 好嘞 行 没问题 收到 当然 遵命 明白", first));
    let orders = clauses.get(1).is_some_and(|next| {
        DEEDS.split_whitespace().any(|deed| next.starts_with(deed)) && has(next, THINGS) && !has(next, DOUBTS)
    });
    if agreed && orders && !asks {
        return Some(if has(&text, "闹钟 计时 提醒") { Deed::Ring } else { Deed::Elsewhere });
    }
    // 关机以后，设备…: what is said behind it is said of whenever that is.
    let whenever = clauses.first().is_some_and(|first| {
        (ends(first, "以后 之后 之前 的话 时 后 时候")
            || clauses.get(1).is_some_and(|next| has(next, "就 更") && first.contains('了')))
            && !has(first, "分钟 小时 点 天 你 您 秒")
    });
    let claiming: Vec<&&str> =
        clauses.iter().filter(|clause| clause_claims(clause) && (!whenever || has(clause, "我"))).collect();
    let elsewhere =
        |clause: &&&str| !has(clause, "闹钟 计时 提醒 叫醒 叫你 叫您 秒表") && has(clause, ELSEWHERE);
    let first = claiming.first()?;
    Some(if claiming.iter().any(elsewhere) || has(first, "发了消息 发了短信") {
        Deed::Elsewhere
    } else {
        Deed::Ring
    })
}

fn clause_claims(clause: &str) -> bool {
    // Nothing a voice says in one clause is as long.
    let clause: String = clause.chars().take(60).collect();
    let mut rest = clause.trim();
    while let Some(next) =
        ["好的", "好嘞", "好啦", "好", "没问题", "当然", "嗯", "行", "那就", "那", "嘿", "放心", "OK"]
            .iter()
            .find_map(|f| rest.strip_prefix(f))
    {
        rest = next.trim_start();
        if begins(rest, "了 像 久 多 友 几 吃 看 玩 听") {
            return false;
        }
    }
    let bare = rest.trim_end_matches(PARTICLES);
    let short = "搞定 全搞定 都搞定 办妥 妥 设好 办好 弄好 都弄好 处理好 安排好 安排上 订好 记下 记住 完成 已完成 已经完成 发送成功 设置成功 马上来 \
        马上好 马上就好 马上就来 这就来 这就去 这就办 发 删 关 关掉 都关 都删 暂停 恢复 已发 已关 已开 没问题 我来办 我来弄 我来处理 现在开始 音乐走起 打开 静音 取消 保存 成功 开始 下一首 上一首";
    let done = bare != "没问题"
        && listed(short, bare)
        && (bare != rest || !listed("完成 发 删 关 打开 关掉 成功", bare) || bare == "完成");
    if done {
        return true;
    }
    let by_someone = has(rest, WORLD) || has(rest, "由") && !has(rest, "路由");
    let not_yet = has(rest, "未") && !has(rest, "未读 未来 未接");
    let yours = begins(rest, "你已 您已") && has(rest, "连上 报名 订阅 绑定 登记 预约 确认 退订 注册");
    if yours {
        return true;
    }
    if begins(rest, OTHERS)
        || begins(rest, "请 据") && !begins(rest, "请柬 请假")
        || not_yet
        || has(rest, DOUBTS)
        || by_someone && !has(rest, "我 你 您 提醒 闹钟 清单 列表 续")
        || ends(rest, "吧 的时候 以后 之后 之前")
    {
        return false;
    }
    let device = has(rest, "收藏 保存 分享 发给 发到 打印 上传 下载 投到 发送");
    let of_words = !device
        && has(rest, OF_WORDS)
        && !ends(rest, "屏幕上了 开始播放 手机上了 投到")
        && !has(rest, "投到 清单 日历 备忘 短信 邮件 消息 提醒 笔记");
    // 面试改到周三了: no one is said to try.
    let own = rest.contains('我') || has(rest, US) || !has(rest, THINGS);
    let talk = if own { has(rest, TALK) } else { has(rest, "写 讲 说 译 答 算出 觉得 想象") };
    let talk = talk && !device && !has(rest, "告诉 说好 打电话说 写进 写到 通知 转告 说了你 换算 邮件说");
    if of_words || talk && !has(rest, "提醒 叫醒") {
        return false;
    }
    promises(rest) || by_me(rest) || thing_is_so(rest)
}

fn listed(list: &str, text: &str) -> bool {
    list.split_whitespace().any(|listed| listed == text)
}

/// 到时我会提醒你, 包裹到了就告诉你, 七点整闹钟会响.
fn promises(clause: &str) -> bool {
    // 打印机缺墨时会提醒你: whenever that is, and not once.
    if has(clause, "每天都 以后 时会 中会 夜里 缺") {
        return false;
    }
    let told = "提醒你 提醒您 叫你 叫您 叫醒你 叫醒您 通知你 通知您 喊你 喊您 告诉你 告诉您 催你 催您 跟你说 跟您说 转告";
    let when = "会 将 到时 准时 按时 后 点 时 就 前 到点 明天 明早";
    let tells =
        has(clause, told) && has(clause, when) && !has(clause, "告诉你为 告诉你一 来告诉 告诉你怎 告诉你答");
    let goes = "会响 会自动 会启动 会打开 会关 会开 会亮 会停 会提醒 会播 会预热 将响 将自动 将启动 将打开 将关 会一直放 会震动 将开始 会开始 \
        后自动 点自动";
    let later = has(clause, THINGS) && has(clause, goes);
    let rings = has(clause, "到时响 到点响 响一声 点响 准时响 点再响 后再响")
        || has(clause, "闹钟 提醒 计时") && has(clause, "会响 会提醒 会准时");
    let own = has(clause, "我 您 你") && !clause.starts_with('你');
    let reminds = own && has(clause, "会 到时") && has(clause, "提醒 叫醒") && !clause.contains('可');
    let watches = has(clause, "我 帮 替") && has(clause, "盯 看着 留意 关注着");
    tells || later || rings || reminds || watches
}

/// 我帮你设好了, 已为您打开, 马上播放, 会议我推掉了.
fn by_me(clause: &str) -> bool {
    let us = has(clause, US);
    let over = has(clause, "已 刚 了 好 完 掉 成功 啦 过电话");
    let soon = "会 将 这就 马上 立刻 立即 正在 现在 到时 一会儿 来帮 待会 稍后";
    let comes = has(clause, soon);
    let me = clause.match_indices('我').find(|(at, _)| {
        let (before, behind) = (&clause[..*at], &clause[at + '我'.len_utf8()..]);
        !begins(behind, "的 们") && !ends(before, "告诉 跟 给 让 和 对 问 教 帮 向 是")
    });
    if let Some((at, _)) = me {
        let behind = &clause[at + '我'.len_utf8()..];
        let deed = has(behind, DEEDS);
        let going = begins(behind, "在 来 就 去 现在 正 把 将 马上 这就") && deed;
        let no_deed = "是 有 用 从 也 很 太 还 先 只 再 明 等";
        let done = over && !begins(behind, no_deed) || us && (comes || deed);
        let later = has(behind, soon) && (deed || us || has(behind, "让 叫 接 看 处理 办 去"));
        let told = begins(behind, "告诉") && !has(behind, "你 您");
        return going || done || later || told;
    }
    if us {
        // 老师已经给你发了短信: whoever did it comes before.
        let people = "妈 爸 哥 姐 弟 妹 他 她 朋友 同事 老师 老板 人 经理 公司 银行";
        let before = US.split_whitespace().filter_map(|us| clause.find(us)).min().unwrap_or(0);
        let short = before == 0 && clause.chars().count() <= 6;
        return !has(&clause[..before], people)
            && (over || comes || has(clause, DEEDS) || has(clause, THINGS) || short);
    }
    let at_once = "已 刚 正在 马上 这就 立即 立刻 早就 现在就 现在为 现在给 现在帮 现在开始 全都 都 到时";
    let others = "已有 已知 已故 已婚 刚才 刚好 正在上映 马上就 都是 都有 都要 都会 都以 都能 都可";
    if !begins(clause, at_once) || begins(clause, others) {
        return false;
    }
    // 已导出, 刚弄好: what is over is a deed, whatever the verb.
    let short = clause.chars().count();
    let any =
        begins(clause, "已 刚") && short <= 8 && !has(clause, "很 太 不 够 过 晚 久 经有 经是 经到 经在");
    if begins(clause, "都 全都") {
        over && has(clause, DEEDS)
    } else {
        has(clause, DEEDS) || any || short <= 4
    }
}

/// 闹钟设好了, 消息已发送, 客厅的灯已关闭, 轮胎保养约好了, 音量六十.
fn thing_is_so(clause: &str) -> bool {
    let length = clause.chars().count();
    let bare = clause.trim_end_matches(PARTICLES);
    // Somebody else did it, or it is what something is.
    let others = has(clause, "是 给他 给她 一样 被打 被证 被翻")
        || has(clause, "把 将") && !has(clause, "已将 已把 你的");
    if others || length > 24 {
        return false;
    }
    let over = Over {
        clause,
        bare,
        length,
        ended: bare != clause,
        deed: has(clause, DEEDS),
        thing: THINGS.split_whitespace().filter_map(|thing| clause.find(thing)).min(),
    };
    over.is_settled()
        || over.is_under_way()
        || over.is_set_to()
        || over.is_telegram()
        || over.is_as_told()
        || over.was_done()
}

/// A clause about a thing.
struct Over<'c> {
    clause: &'c str,
    /// Without 了 and the like.
    bare: &'c str,
    length: usize,
    ended: bool,
    deed: bool,
    /// Where the first thing stands that a device or a service can act on.
    thing: Option<usize>,
}

impl Over<'_> {
    fn is_mine(&self) -> bool {
        self.thing.is_some()
            || begins(self.clause, "你的 您的 全 都 两 三 四 五 这个 那个 这事 这项 那项 这一项")
    }

    /// Whether the thing comes first: 拿破仑打开了大门 is no claim.
    fn is_topic(&self) -> bool {
        self.thing.map_or_else(|| self.is_mine(), |at| self.clause[..at].chars().count() <= 8)
    }

    /// 壁纸换好了, 挂号成功: whatever the thing.
    fn is_settled(&self) -> bool {
        let no_deed = "更好 很好 真好 不好 也好 最好 较好 友好 正好 用完 播完";
        let result = self.ended && ends(self.bare, "好 掉 完 妥 妥当 齐")
            || ends(self.bare, "完毕 成功 完成 就绪 已确认 已保存 已更新");
        result && self.length > 2 && !ends(self.bare, no_deed) && !has(self.clause, "就 会 已经说")
            || ends(self.bare, "准备就绪")
    }

    /// 照片上传中, 计时器在跑, 屏幕这就锁.
    fn is_under_way(&self) -> bool {
        let now = "播放中 上传中 下载中 发送中 同步中 安装中 连接中 拨号中 录音中 加载中 打印中 进行中";
        let soon = self.deed
            && self.length <= 14
            && has(self.clause, "这就 马上 正在 正转 正发 会自动")
            && !has(self.clause, "中会 时会 夜里 以后");
        let more = ends(self.clause, "中") && self.deed && self.length <= 8;
        ends(self.clause, now)
            || more
            || ends(self.clause, "正在播放")
            || soon
            || self.is_mine() && has(self.clause, "在跑 在走 在播 在放 正在 正往 在烧")
    }

    /// 闹钟挪到六点五十, 加湿器开到二档, 温度二十度.
    fn is_set_to(&self) -> bool {
        let to = "调到 挪到 换到 降到 升到 开到 改到 改成 换成 调成 移到 推到 约到 静音到 排在 定在 推迟到 设到 设在 设为 拉开 拉到 翻到 升级到 标为";
        let moved = self.ended && has(self.clause, "换到 改到 挪到 移到 推到 排到");
        let skips = has(self.clause, "约在 翻到下 翻到上 后退 快进 跳到 切到");
        let digits = |c: char| c.is_ascii_digit() || "一二三四五六七八九十百".contains(c);
        let level = begins(self.clause, "音量 亮度 温度 灯光 空调 恒温器 暖气 水温")
            && self.clause.chars().any(digits);
        let level = level && !has(self.clause, "的 有 按 用 要 怎 会 最 省") && self.length <= 10;
        self.length <= 14 && (self.is_mine() && has(self.clause, to) || skips || moved) || level
    }

    /// 飞行模式开启, 车门解锁, 录音开始, 泡茶四分钟开始, 手电筒打开.
    fn is_telegram(&self) -> bool {
        let ends_so = "开启 关闭 解锁 启动 开始 暂停 继续 减小 增大 调低 调高 静音 关机 重启 打开 锁定 清零 归零 随机播放 预热 开始播放 接着放 开始播";
        let orders = has(self.clause, "按 点击 点一下 点右 用 能 要 怎 会 先 再");
        let thing = self.length <= 14 && self.thing.is_some() && ends(self.clause, ends_so) && !orders;
        let switched = self.length <= 8 && ends(self.clause, "打开 关闭 接着放 开始播") && !orders;
        let begins_so = begins(self.clause, "开始 计时开始 导航开始 暂停") && self.length <= 9;
        let counts =
            has(self.clause, "分钟 秒") && (ends(self.bare, "开始") || self.clause.contains("开始计时"));
        thing
            || switched
            || counts
            || begins_so && (self.ended || has(self.clause, "计时 录音 播放 导航 下载"))
    }

    /// 你要的白噪音来了, 菜谱显示在屏幕上了, 声音大了一点.
    fn is_as_told(&self) -> bool {
        let here = has(self.clause, "来了 马上来") && self.thing.is_some();
        let there = has(self.clause, "在你 在您 显示在 发你 发您") && has(self.clause, "里 上");
        let way = ends(self.bare, "在路上") && (self.ended || has(self.clause, "车 你 您"));
        let more = "大了一点 小了一点 亮了一点 暗了一点 高了一点 低了一点 小声一点了 大声一点了";
        here || way || there && self.ended && self.length <= 14 || has(self.clause, more)
    }

    /// 闹钟关了, 消息已发送, 退货单提交了.
    fn was_done(&self) -> bool {
        let result = "好 掉 完 完毕 成功 完成 妥 妥当 上 成 空 满 齐 断开 出去 过去 回去 进去 起来 下来 下 走 到手 到 开 关 亮 灭 动";
        let over = self.ended
            || has(self.clause, "已 刚 完毕 成功 完成 正在 正往 着呢")
            || self.clause.contains('了') && self.length <= 14;
        let topic = self.is_topic()
            && (over && self.deed && !self.clause.contains('过') || self.ended && ends(self.bare, result));
        let device = "打开 关掉 关了 提交 加了 充 交了 交过 发给 发出 投 存 删 设 订 约 调 换 开通 挂断 转接 开启 连上 连好 暂停 拒接 导出 静音 录 传 退 续 收藏 标 接通 \
            进去了 留言 转给 改成 启动 走起 挂上";
        let short = self.length <= 10 && !self.clause.contains('就');
        let device = self.ended && short && has(self.clause, device)
            || self.length <= 12
                && has(
                    self.clause,
                    "已经挂断 已经转接 已挂断 已拒接 已导出 已启动 已开启 已经录下来 已录 走起",
                );
        let bought = self.length <= 8
            && has(self.clause, "已")
            && has(self.clause, "买 订 付 下单 发送 删 预约 保存 提交 申请 约好 转");
        // 转了十块钱, 给车打开了暖风.
        let first = DEEDS.split_whitespace().any(|deed| self.clause.starts_with(deed))
            || self.clause.starts_with('给');
        let first = first
            && self.deed
            && self.clause.contains('了')
            && self.length <= 12
            && !self.clause.contains('就');
        // 鱼喂过了.
        let passed = self.ended && ends(self.bare, "过") && self.length <= 6;
        topic || passed || device || bought || first
    }
}
