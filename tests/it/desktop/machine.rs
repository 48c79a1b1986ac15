//! Battery, memory and connections, from trees that kernels show.

use mynah::desktop::Around;

use super::{Room, put};

const ROUTES: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n\
                      wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";

fn room(files: &[(&str, &str)]) -> Room {
    let root = tempfile::tempdir().unwrap();
    files.iter().for_each(|(path, text)| put(root.path(), path, text));
    let room = Room::new(&Around { root: root.path().into(), ..Around::default() });
    Room { _root: Some(root), ..room }
}

fn battery(status: &str, extra: &[(&str, &str)]) -> Room {
    let of = |name: &str| format!("sys/class/power_supply/{name}");
    let mut files = vec![
        (of("BAT0/type"), "Battery\n".to_owned()),
        (of("BAT0/capacity"), "80\n".to_owned()),
        (of("BAT0/status"), format!("{status}\n")),
        (of("BAT0/energy_now"), "40000000\n".to_owned()),
        (of("BAT0/energy_full"), "50000000\n".to_owned()),
        (of("BAT0/power_now"), "10000000\n".to_owned()),
        (of("AC/type"), "Mains\n".to_owned()),
        (of("mouse/type"), "Battery\n".to_owned()),
        (of("mouse/scope"), "Device\n".to_owned()),
        (of("mouse/capacity"), "3\n".to_owned()),
    ];
    files.extend(extra.iter().map(|(name, text)| (of(name), (*text).to_owned())));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    room(&files)
}

#[test]
fn the_battery_is_told_as_the_kernel_has_it() {
    battery("Discharging", &[("AC/online", "0")]).answers(&[
        ("how much battery do I have left", "The battery is at 80 percent, enough for about 4 hours."),
        ("is my laptop plugged in", "No, it's running on the battery; the battery is at 80 percent."),
        ("还有多少电", "电池还有百分之80，大约还能用4小时。"),
    ]);
    battery("Charging", &[("AC/online", "1")]).answers(&[
        ("battery level", "The battery is at 80 percent and charging; full in about 1 hour."),
        ("电脑在充电吗", "插着电源，正在充电，电量百分之80。"),
    ]);
    battery("Not charging", &[("AC/online", "1")]).answers(&[
        ("battery level", "The battery is at 80 percent, plugged in but not charging."),
        ("is my battery charging", "It's plugged in, but not charging; the battery is at 80 percent."),
    ]);
    battery("Unknown", &[("BAT0/power_now", "0")]).answers(&[
        ("battery level", "The battery is at 80 percent."),
        ("is my laptop plugged in", "I can't tell whether it's plugged in; the battery is at 80 percent."),
    ]);
    // Two batteries are one.
    battery(
        "Discharging",
        &[
            ("BAT1/type", "Battery"),
            ("BAT1/capacity", "20"),
            ("BAT1/status", "Unknown"),
            ("BAT1/energy_now", "10000000"),
            ("BAT1/energy_full", "50000000"),
        ],
    )
    .answers(&[("battery level", "The battery is at 50 percent, enough for about 5 hours.")]);
    for nonsense in ["", "-5", "a lot", "999999999999999999999"] {
        let files = [
            ("sys/class/power_supply/BAT0/type", "Battery"),
            ("sys/class/power_supply/BAT0/capacity", nonsense),
        ];
        room(&files).answers(&[("battery level", "This machine has no battery that I can see.")]);
    }
    room(&[]).answers(&[("还有多少电", "这台设备上看不到电池。")]);
}

#[test]
fn connections_are_told_and_no_more_is_claimed_than_the_kernel_knows() {
    let wireless = [
        ("sys/class/net/lo/type", "772"),
        ("sys/class/net/lo/operstate", "unknown"),
        ("sys/class/net/wlan0/operstate", "up"),
        ("sys/class/net/wlan0/wireless/status", "0"),
        ("sys/class/net/docker0/operstate", "up"),
        ("sys/class/net/eth0/operstate", "down"),
        ("sys/class/net/eth0/device/id", "1"),
    ];
    let with_route: Vec<_> = wireless.iter().copied().chain([("proc/net/route", ROUTES)]).collect();
    room(&with_route).answers(&[
        ("am I online", "You're connected by Wi-Fi. I haven't tried whether the internet answers."),
        ("联网了吗", "已经通过Wi-Fi连接网络，不过我没有试互联网通不通。"),
    ]);
    room(&wireless).answers(&[(
        "is the internet working",
        "There is a connection by Wi-Fi, but no way out of the local network.",
    )]);
    room(&[("sys/class/net/eth0/operstate", "down"), ("sys/class/net/eth0/device/id", "1")])
        .answers(&[("am I online", "No, this machine isn't connected to a network.")]);
}

#[test]
fn memory_disk_and_time_are_told() {
    let memory = "MemTotal:       16000000 kB\nMemFree: 100 kB\nMemAvailable:    8000000 kB\n";
    room(&[("proc/meminfo", memory), ("proc/uptime", "183845.22 1.00\n")]).answers(&[
        ("how much memory is free", "7.6 of 15 gigabytes of memory are available."),
        ("内存还有多少", "内存共15GB，还有7.6GB可用。"),
        ("how long has my computer been on", "This machine has been running for 2 days 3 hours."),
    ]);
    let told = room(&[]).ask("how much disk space is left");
    assert!(told.contains(" gigabytes are free on the disk with your files."), "{told}");
    room(&[]).answers(&[
        ("how much memory is free", "I can't do that on this system."),
        ("am I online", "I can't do that on this system."),
    ]);
}
