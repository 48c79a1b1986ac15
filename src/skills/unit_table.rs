//! The units: a key as `config/intents` writes it, fend's name for it, and how it is said.

/// A unit of measurement.
#[derive(Debug)]
pub(super) struct Unit {
    /// The key in `config/intents`.
    pub(super) key: &'static str,
    /// What fend calls it.
    pub(super) fend: &'static str,
    /// One of it in English.
    pub(super) one: &'static str,
    /// Several in English.
    pub(super) many: &'static str,
    /// Its name in Mandarin.
    pub(super) mandarin: &'static str,
}

/// The unit with this key.
pub(super) fn find(key: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.key == key)
}

const fn unit(
    key: &'static str,
    fend: &'static str,
    one: &'static str,
    many: &'static str,
    mandarin: &'static str,
) -> Unit {
    Unit { key, fend, one, many, mandarin }
}

const UNITS: &[Unit] = &[
    unit("meter", "meter", "meter", "meters", "米"),
    unit("kilometer", "kilometer", "kilometer", "kilometers", "公里"),
    unit("centimeter", "centimeter", "centimeter", "centimeters", "厘米"),
    unit("millimeter", "millimeter", "millimeter", "millimeters", "毫米"),
    unit("micrometer", "micrometer", "micrometer", "micrometers", "微米"),
    unit("nanometer", "nanometer", "nanometer", "nanometers", "纳米"),
    unit("mile", "mile", "mile", "miles", "英里"),
    unit("yard", "yard", "yard", "yards", "码"),
    unit("foot", "foot", "foot", "feet", "英尺"),
    unit("inch", "inch", "inch", "inches", "英寸"),
    unit("nautical_mile", "nautical_mile", "nautical mile", "nautical miles", "海里"),
    unit("light_year", "light_year", "light year", "light years", "光年"),
    unit("chi", "chi", "chi", "chi", "尺"),
    unit("cun", "cun", "cun", "cun", "寸"),
    unit("li", "li", "li", "li", "里"),
    unit("kilogram", "kilogram", "kilogram", "kilograms", "公斤"),
    unit("gram", "gram", "gram", "grams", "克"),
    unit("milligram", "milligram", "milligram", "milligrams", "毫克"),
    unit("tonne", "tonne", "metric ton", "metric tons", "吨"),
    unit("us_ton", "us_ton", "US ton", "US tons", "美吨"),
    unit("pound", "pound", "pound", "pounds", "磅"),
    unit("ounce", "ounce", "ounce", "ounces", "盎司"),
    unit("stone", "stone", "stone", "stone", "英石"),
    unit("jin", "jin", "jin", "jin", "斤"),
    unit("liang", "liang", "liang", "liang", "市两"),
    unit("liter", "liter", "liter", "liters", "升"),
    unit("milliliter", "milliliter", "milliliter", "milliliters", "毫升"),
    unit("gallon", "gallon", "US gallon", "US gallons", "美制加仑"),
    unit("imperial_gallon", "imperial_gallon", "imperial gallon", "imperial gallons", "英制加仑"),
    unit("quart", "quart", "US quart", "US quarts", "美制夸脱"),
    unit("pint", "pint", "US pint", "US pints", "美制品脱"),
    unit("imperial_pint", "imperial_pint", "imperial pint", "imperial pints", "英制品脱"),
    unit("cup", "cup", "US cup", "US cups", "美制杯"),
    unit("fluid_ounce", "fluid_ounce", "US fluid ounce", "US fluid ounces", "美制液盎司"),
    unit("tablespoon", "tablespoon", "tablespoon", "tablespoons", "汤匙"),
    unit("teaspoon", "teaspoon", "teaspoon", "teaspoons", "茶匙"),
    unit("cubic_meter", "meter^3", "cubic meter", "cubic meters", "立方米"),
    unit("celsius", "celsius", "degree Celsius", "degrees Celsius", "摄氏度"),
    unit("fahrenheit", "fahrenheit", "degree Fahrenheit", "degrees Fahrenheit", "华氏度"),
    unit("kelvin", "kelvin", "kelvin", "kelvins", "开尔文"),
    unit("millisecond", "millisecond", "millisecond", "milliseconds", "毫秒"),
    unit("second", "second", "second", "seconds", "秒"),
    unit("minute", "minute", "minute", "minutes", "分钟"),
    unit("hour", "hour", "hour", "hours", "小时"),
    unit("day", "day", "day", "days", "天"),
    unit("week", "week", "week", "weeks", "周"),
    unit("month", "month", "month", "months", "个月"),
    unit("year", "year", "year", "years", "年"),
    unit("kilometer_per_hour", "kilometer/hour", "kilometer per hour", "kilometers per hour", "公里每小时"),
    unit("mile_per_hour", "mile/hour", "mile per hour", "miles per hour", "英里每小时"),
    unit("meter_per_second", "meter/second", "meter per second", "meters per second", "米每秒"),
    unit("foot_per_second", "foot/second", "foot per second", "feet per second", "英尺每秒"),
    unit("knot", "knot", "knot", "knots", "节"),
    unit("square_meter", "meter^2", "square meter", "square meters", "平方米"),
    unit("square_kilometer", "kilometer^2", "square kilometer", "square kilometers", "平方公里"),
    unit("square_foot", "foot^2", "square foot", "square feet", "平方英尺"),
    unit("square_mile", "mile^2", "square mile", "square miles", "平方英里"),
    unit("acre", "acre", "acre", "acres", "英亩"),
    unit("hectare", "hectare", "hectare", "hectares", "公顷"),
    unit("mu", "mu", "mu", "mu", "亩"),
    unit("bit", "bit", "bit", "bits", "比特"),
    unit("byte", "byte", "byte", "bytes", "字节"),
    unit("kilobyte", "kilobyte", "kilobyte", "kilobytes", "KB"),
    unit("megabyte", "megabyte", "megabyte", "megabytes", "MB"),
    unit("gigabyte", "gigabyte", "gigabyte", "gigabytes", "GB"),
    unit("terabyte", "terabyte", "terabyte", "terabytes", "TB"),
    unit("megabit", "megabit", "megabit", "megabits", "兆比特"),
    unit("gigabit", "gigabit", "gigabit", "gigabits", "吉比特"),
    unit("calorie", "calorie", "calorie", "calories", "卡路里"),
    unit("kilocalorie", "kilocalorie", "kilocalorie", "kilocalories", "千卡"),
    unit("joule", "joule", "joule", "joules", "焦耳"),
    unit("kilojoule", "kilojoule", "kilojoule", "kilojoules", "千焦"),
    unit("kilowatt_hour", "kilowatt hour", "kilowatt hour", "kilowatt hours", "千瓦时"),
    unit("watt", "watt", "watt", "watts", "瓦"),
    unit("kilowatt", "kilowatt", "kilowatt", "kilowatts", "千瓦"),
    unit("horsepower", "horsepower", "horsepower", "horsepower", "马力"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skills::compute;

    #[test]
    fn fend_knows_every_unit() {
        for unit in UNITS.iter().filter(|unit| !unit.fend.is_empty()) {
            let same = compute::evaluate(&format!("(1) {0} to {0}", unit.fend));
            assert_eq!(same.map(|value| value.digits).as_deref(), Ok("1"), "{}", unit.key);
        }
    }
}
