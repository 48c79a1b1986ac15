//! Sky: what it does, in words, and whether one gets wet.

use super::outside::Sky;

impl Sky {
    /// As it follows "it's": "cloudy", and in Mandarin.
    pub(super) const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Clear => ["clear", "晴"],
            Self::MostlyClear => ["mostly clear", "晴间多云"],
            Self::PartlyCloudy => ["partly cloudy", "多云"],
            Self::Overcast => ["cloudy", "阴"],
            Self::Fog => ["foggy", "有雾"],
            Self::Haze => ["hazy", "有霾"],
            Self::Drizzle => ["drizzly", "有毛毛雨"],
            Self::FreezingRain => ["icy with freezing rain", "有冻雨"],
            Self::LightRain => ["slightly rainy", "有小雨"],
            Self::Rain => ["rainy", "有雨"],
            Self::HeavyRain => ["very rainy", "有大雨"],
            Self::Showers => ["showery", "有阵雨"],
            Self::Sleet => ["sleety", "有雨夹雪"],
            Self::LightSnow => ["slightly snowy", "有小雪"],
            Self::Snow => ["snowy", "有雪"],
            Self::HeavySnow => ["very snowy", "有大雪"],
            Self::SnowShowers => ["snowy at times", "有阵雪"],
            Self::Thunderstorm => ["stormy with thunder", "有雷雨"],
            Self::Hail => ["stormy with hail", "有雷雨和冰雹"],
        }
    }

    /// Whether an umbrella is of use.
    pub(super) const fn is_wet(self) -> bool {
        match self {
            Self::Clear
            | Self::MostlyClear
            | Self::PartlyCloudy
            | Self::Overcast
            | Self::Fog
            | Self::Haze => false,
            Self::Drizzle
            | Self::FreezingRain
            | Self::LightRain
            | Self::Rain
            | Self::HeavyRain
            | Self::Showers
            | Self::Sleet
            | Self::LightSnow
            | Self::Snow
            | Self::HeavySnow
            | Self::SnowShowers
            | Self::Thunderstorm
            | Self::Hail => true,
        }
    }

    /// Whether it snows.
    pub(super) const fn is_white(self) -> bool {
        matches!(self, Self::Sleet | Self::LightSnow | Self::Snow | Self::HeavySnow | Self::SnowShowers)
    }
}
