//! Currencies: codes, how many decimals are told, and how they are said.

/// A currency.
#[derive(Debug)]
pub(super) struct Currency {
    /// Its ISO 4217 code, which is its key in `config/intents`.
    pub(super) code: &'static str,
    /// One of it in English.
    pub(super) one: &'static str,
    /// Several.
    pub(super) many: &'static str,
    /// Its name in Mandarin.
    pub(super) mandarin: &'static str,
}

/// The currency with this code.
pub(super) fn find(code: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.code == code)
}

/// The currency that a region pays in, by the region's id.
pub(super) fn of_region(region: &str) -> &'static str {
    match region.split('+').next().unwrap_or_default() {
        "US" => "USD",
        "GB" => "GBP",
        "CN" => "CNY",
        "HK" => "HKD",
        "JP" => "JPY",
        "KR" => "KRW",
        "SG" => "SGD",
        "IN" => "INR",
        _ => "EUR",
    }
}

const fn currency(
    code: &'static str,
    one: &'static str,
    many: &'static str,
    mandarin: &'static str,
) -> Currency {
    Currency { code, one, many, mandarin }
}

const CURRENCIES: &[Currency] = &[
    currency("USD", "US dollar", "US dollars", "美元"),
    currency("EUR", "euro", "euros", "欧元"),
    currency("GBP", "British pound", "British pounds", "英镑"),
    currency("CNY", "yuan", "yuan", "人民币"),
    currency("JPY", "yen", "yen", "日元"),
    currency("HKD", "Hong Kong dollar", "Hong Kong dollars", "港币"),
    currency("KRW", "won", "won", "韩元"),
    currency("INR", "Indian rupee", "Indian rupees", "印度卢比"),
    currency("CHF", "Swiss franc", "Swiss francs", "瑞士法郎"),
    currency("CAD", "Canadian dollar", "Canadian dollars", "加元"),
    currency("AUD", "Australian dollar", "Australian dollars", "澳元"),
    currency("NZD", "New Zealand dollar", "New Zealand dollars", "新西兰元"),
    currency("SGD", "Singapore dollar", "Singapore dollars", "新加坡元"),
    currency("SEK", "Swedish krona", "Swedish kronor", "瑞典克朗"),
    currency("NOK", "Norwegian krone", "Norwegian kroner", "挪威克朗"),
    currency("DKK", "Danish krone", "Danish kroner", "丹麦克朗"),
    currency("PLN", "zloty", "zlotys", "波兰兹罗提"),
    currency("CZK", "Czech koruna", "Czech korunas", "捷克克朗"),
    currency("HUF", "forint", "forints", "匈牙利福林"),
    currency("RON", "Romanian leu", "Romanian lei", "罗马尼亚列伊"),
    currency("TRY", "Turkish lira", "Turkish lira", "土耳其里拉"),
    currency("ILS", "shekel", "shekels", "以色列谢克尔"),
    currency("ZAR", "rand", "rand", "南非兰特"),
    currency("BRL", "real", "reais", "巴西雷亚尔"),
    currency("MXN", "Mexican peso", "Mexican pesos", "墨西哥比索"),
    currency("THB", "baht", "baht", "泰铢"),
    currency("MYR", "ringgit", "ringgit", "马来西亚林吉特"),
    currency("IDR", "rupiah", "rupiah", "印尼盾"),
    currency("PHP", "Philippine peso", "Philippine pesos", "菲律宾比索"),
    currency("ISK", "Icelandic krona", "Icelandic kronur", "冰岛克朗"),
    currency("TWD", "New Taiwan dollar", "New Taiwan dollars", "新台币"),
    currency("RUB", "rouble", "roubles", "俄罗斯卢布"),
    currency("VND", "dong", "dong", "越南盾"),
];
