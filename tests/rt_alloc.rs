//! Memory: the sound callback allocates nothing, and ten thousand templates have room in 20 MB. Every allocation of this
//! program is counted; the callback is called for every sample format, with blocks of odd sizes, with the ring full and read
//! empty again.
#![expect(
    unsafe_code,
    reason = "a counting allocator can be written in no other way; this test alone has one"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use cpal::{FromSample, I24, SizedSample, U24};
use mynah::{
    flow::Language,
    source::{Drain, Pulled, callback, tap},
    units::SampleRate,
};

#[path = "bench/many.rs"]
mod many;

thread_local! {
    /// Allocations of this thread: the harness's other threads are not the callback's.
    static COUNT: Cell<u64> = const { Cell::new(0) };
    /// Bytes that it has and has not given back.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is the system allocator's own, with the arguments as they came; the count is a constant-initialised
// thread-local without a destructor, which allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        HELD.set(HELD.get() + layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        COUNT.set(COUNT.get() + 1);
        HELD.set(HELD.get() - layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Reads the ring empty; samples and lost samples.
fn drained(drain: &mut Drain, pcm: &mut Vec<f32>) -> (u64, u64) {
    let (mut samples, mut lost) = (0, 0);
    loop {
        pcm.clear();
        match drain.pull(pcm) {
            Pulled::Nothing => return (samples, lost),
            Pulled::Sound => samples += mynah::units::length_u64(pcm.len()),
            Pulled::Gap(gap) => lost += gap,
        }
    }
}

fn thousands_of_calls<T>(channels: u16)
where
    T: SizedSample + Send + 'static,
    f32: FromSample<T>,
{
    let (tap, mut drain) = tap(SampleRate::new(48_000).expect("not zero"), channels);
    let mut sound = callback::<T>(tap);
    let block = vec![T::EQUILIBRIUM; 4_800 * usize::from(channels)];
    let mut pcm = Vec::with_capacity(8_192);
    let (mut samples, mut lost, mut sent) = (0, 0, 0);
    let before = COUNT.get();
    for call in 0..2_000_usize {
        // Odd sizes, none at all, and some that end within a frame.
        let length = (call * 7_919) % block.len();
        sound(&block[..length]);
        sent += mynah::units::length_u64(length / usize::from(channels));
        // 2 s fit: most of the time the ring is full.
        if call % 300 == 299 {
            let (more, gone) = drained(&mut drain, &mut pcm);
            samples += more;
            lost += gone;
        }
    }
    assert_eq!(COUNT.get() - before, 0, "{channels} channels of {}", std::any::type_name::<T>());
    // The last loss is told with the next block.
    for _ in 0..2 {
        let (more, gone) = drained(&mut drain, &mut pcm);
        samples += more;
        lost += gone;
        sound(&block);
        sent += 4_800;
    }
    let (more, gone) = drained(&mut drain, &mut pcm);
    assert_eq!(samples + lost + more + gone, sent, "every sample arrived or was counted");
    assert!(lost > samples, "the ring was full: {samples} and {lost}");
}

#[test]
fn no_callback_allocates() {
    for channels in [1, 2, 3, 8] {
        thousands_of_calls::<i8>(channels);
        thousands_of_calls::<i16>(channels);
        thousands_of_calls::<I24>(channels);
        thousands_of_calls::<i32>(channels);
        thousands_of_calls::<i64>(channels);
        thousands_of_calls::<u8>(channels);
        thousands_of_calls::<u16>(channels);
        thousands_of_calls::<U24>(channels);
        thousands_of_calls::<u32>(channels);
        thousands_of_calls::<u64>(channels);
        thousands_of_calls::<f32>(channels);
        thousands_of_calls::<f64>(channels);
    }
}

#[test]
fn an_allocation_would_be_seen() {
    let before = COUNT.get();
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(COUNT.get() - before, 2);
}

#[test]
#[expect(clippy::print_stdout, reason = "the figure is told to whoever asks with --nocapture")]
fn ten_thousand_templates_have_room_in_20_mb() {
    let before = HELD.get();
    let understanding = many::understanding();
    let held = HELD.get() - before;
    println!("ten thousand templates beside those of English hold {held} bytes");
    assert!((1_000_000..20_000_000).contains(&held), "{held} bytes");
    assert!(understanding.interpret("please mamama the big vililo for me", &Language::ENGLISH).is_some());
}
