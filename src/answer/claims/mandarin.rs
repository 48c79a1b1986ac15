//! Mandarin claims: 我已经帮你设好闹钟了, 正在打开浏览器, 闹钟设好了, 我会提醒你的.
//!
//! Enters: a sentence without its quotations, in either script. Leaves: whether it claims. Never here: a verb that only
//! talks of words, such as 讲, 写 or 算.

use super::Deed;
use crate::{
    flow::{Language, Script},
    script::Scribe,
};

/// What devices and services do.
const DEEDS: &str = "设好 设置 设定 设了 设个 设一个 设闹钟 定闹钟 定好 定了 发送 传送 发了 发给 发出 发消息 发短信 发邮件 发微信 \
    给他发 给她发 寄出 打开 开启 启动 关闭 关了 关掉 关好 关上 关灯 开灯 播放 暂停 停止 取消 删除 删掉 删了 添加 加到 加入 加进 \
    创建 新建 建了 安排 预订 预定 预约 订好 订了 购买 买好 买了 下单 付款 支付 转账 拨打 打了电话 打电话 拨通 拨号 保存 存好 记下 \
    记好 叫醒 调到 调低 调高 调好 调成 调大 调小 调亮 调暗 静音 锁好 锁上 锁了 解锁 更新 连接 连上 上传 下载 安装 查了 \
    查过 查询 搜索 搜了 重启 提交 传给 转发 开始计时 开了 拉上 通知他 通知她 通知了 回复了 叫好 叫了一辆 叫车 改到 改为 设为 设成 设在 发到 续订 打印 锁门";

/// What no timer, alarm or reminder is.
const ELSEWHERE: &str = "发送 传送 发了 发给 发出 发消息 发短信 发邮件 发微信 给他发 给她发 寄出 打开 开启 关闭 关了 关掉 关好 关灯 开灯 \
    播放 预订 预定 预约 订好 订了 购买 买好 买了 下单 付款 支付 转账 拨打 打了电话 打电话 拨通 调到 调低 调高 静音 锁好 锁上 解锁 \
    上传 下载 安装 重启 传给 转发";

/// What is promised to the user alone.
const PROMISES: &str = "提醒你 提醒您 提醒 叫你 叫您 叫醒 通知你 通知您";

/// What a device or a service can act on.
const THINGS: &str = "闹钟 计时 倒计时 定时器 提醒 消息 短信 讯息 信息 邮件 音乐 歌曲 灯 空调 音量 亮度 订单 日程 预订 门 窗帘 \
    电话 浏览器 电视 电脑 蓝牙 备忘 清单 会议 日历 票 餐厅 文件 应用 外卖 屏幕";

/// What nobody did, or only may do.
const DOUBTS: &str = "没 未 不能 不会 不了 不到 不是 无法 别 可以 能帮 能够 想让 要不要 需要我 要我 建议 应该 如果 要是 假如 只要 除非 \
    告诉我 才会 才能 同意 不确定 不知道 不建议 吗 是否";

/// Somebody else.
const OTHERS: &str = "他 她 它 人们 大家 有人 你已 您已 你可 您可 你刚 你把 您把";

fn has(text: &str, list: &str) -> bool {
    list.split_whitespace().any(|listed| text.contains(listed))
}

fn begins(text: &str, list: &str) -> bool {
    list.split_whitespace().any(|listed| text.starts_with(listed))
}

pub(super) fn claim(text: &str) -> Option<Deed> {
    let text = Scribe::new(Script::Simplified).write(text.to_owned(), &Language::MANDARIN);
    let asks = text.trim_end().ends_with(['？', '?']);
    let sentence_doubts = has(&text, "如果 要是 假如 只要 除非 告诉我 是否 有没有");
    let mut clauses: Vec<&str> = text
        .split(['，', '。', '！', '？', '；', '：', ',', '.', '!', '?', ';', ':', '…'])
        .map(str::trim)
        .filter(|clause| !clause.is_empty())
        .collect();
    if asks {
        clauses.pop();
    }
    let claiming: Vec<&&str> = clauses.iter().filter(|clause| clause_claims(clause)).collect();
    if sentence_doubts || claiming.is_empty() {
        return None;
    }
    let elsewhere = |clause: &&&str| has(clause, ELSEWHERE) && !has(clause, "闹钟 计时 提醒 叫醒");
    Some(if claiming.iter().any(elsewhere) { Deed::Elsewhere } else { Deed::Ring })
}

fn clause_claims(clause: &str) -> bool {
    // Nothing a voice says in one clause is as long.
    let clause: String = clause.chars().take(60).collect();
    let mut rest = clause.trim();
    while let Some(next) =
        ["好的", "好", "没问题", "当然", "嗯", "行", "那", "嘿"].iter().find_map(|f| rest.strip_prefix(f))
    {
        rest = next.trim_start();
        if begins(rest, "了") {
            return false;
        }
    }
    if begins(rest, OTHERS) || has(rest, DOUBTS) {
        return false;
    }
    let short =
        "搞定了 搞定啦 设好了 办好了 弄好了 完成了 做好了 已完成 已经完成 发送成功 设置成功 记下了 记住了";
    let done = short.split_whitespace().any(|short| rest == short || rest == format!("{short}了"));
    // 十分钟后提醒您
    let soon = has(rest, "后提醒 点提醒 时提醒 准时 到时 按时 明天提醒 会提醒")
        && has(rest, "提醒你 提醒您 叫你 叫您 叫醒你 叫醒您");
    done || soon || rest == "现在开始" || has(rest, "车已经叫 车叫好") || by_me(rest) || thing_is_so(rest)
}

/// 我帮你设好了, 已为您打开, 马上播放, 我会提醒你.
fn by_me(clause: &str) -> bool {
    let own = clause.starts_with('我') || has(clause, "我会 我将 我这就 我马上");
    let nobody = begins(
        clause,
        "已 刚 正在 马上 这就 立即 立刻 现在就 现在为 现在给 现在帮 为你 为您 帮你 帮您 给你 给您 到时",
    );
    if !own && !nobody {
        return false;
    }
    let promised = has(clause, "会 将 现在为 现在给 现在帮 这就 马上 立刻 立即 正在 现在就 来帮 到时");
    if promised && has(clause, PROMISES) {
        return true;
    }
    let over = has(clause, "已 刚 了 好");
    has(clause, DEEDS) && (over || promised)
}

/// 闹钟设好了, 消息已发送, 客厅的灯已关闭.
fn thing_is_so(clause: &str) -> bool {
    let on_list =
        has(clause, "已添加到 已加到 已经加到 已加入 已经添加到") && has(clause, "清单 列表 日历 日程");
    if on_list {
        return true;
    }
    let thing = THINGS.split_whitespace().filter_map(|thing| Some((clause.find(thing)?, thing))).min();
    let Some((at, thing)) = thing.filter(|(at, _)| clause[..*at].chars().count() <= 8) else { return false };
    // Whoever did it comes before.
    if has(&clause[..at], "把 将 给 被 用 向") {
        return false;
    }
    let behind = &clause[at + thing.len()..];
    let starts = has(thing, "计时 倒计时 定时器") && has(behind, "开始");
    let over = has(behind, "已 了 完成 成功 正在");
    let done = has(behind, DEEDS) || has(behind, "发出 提交 成功 响起来 叫好");
    !behind.contains('是') && !behind.contains('过') && (starts || over && done)
}
