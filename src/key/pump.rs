//! Pump: one turn of the operating system's event loop, without which hotkeys are not handed out.
//!
//! Enters: how long a turn may wait. Leaves: nothing; handlers run meanwhile. Never here: what events mean.

use std::time::Duration;

/// The event loop of the thread it was made on.
pub(super) struct Pump(platform::Pump);

impl Pump {
    /// The loop of this thread, or why there can be none.
    pub(super) fn new() -> Result<Self, &'static str> {
        platform::Pump::new().map(Self)
    }

    /// Waits at most `patience` for events and hands them out.
    pub(super) fn turn(&self, patience: Duration) {
        self.0.turn(patience);
    }
}

#[cfg(target_os = "macos")]
mod platform {
    use std::time::Duration;

    use objc2::{MainThreadMarker, rc::Retained};
    use objc2_app_kit::{NSApplication, NSApplicationActivationPolicy, NSEventMask};
    use objc2_foundation::{NSDate, NSString};

    pub(super) struct Pump {
        application: Retained<NSApplication>,
        /// The value of `NSDefaultRunLoopMode`.
        mode: Retained<NSString>,
    }

    impl Pump {
        pub(super) fn new() -> Result<Self, &'static str> {
            let main = MainThreadMarker::new().ok_or("hotkeys are heard on the main thread alone")?;
            let application = NSApplication::sharedApplication(main);
            // Neither a place in the Dock nor a menu.
            application.setActivationPolicy(NSApplicationActivationPolicy::Accessory);
            application.finishLaunching();
            Ok(Self { application, mode: NSString::from_str("kCFRunLoopDefaultMode") })
        }

        pub(super) fn turn(&self, patience: Duration) {
            let until = NSDate::dateWithTimeIntervalSinceNow(patience.as_secs_f64());
            let any = NSEventMask::Any;
            let event = self.application.nextEventMatchingMask_untilDate_inMode_dequeue(
                any,
                Some(&until),
                &self.mode,
                true,
            );
            if let Some(event) = event {
                self.application.sendEvent(&event);
            }
        }
    }
}

#[cfg(target_os = "windows")]
mod platform {
    use std::{mem, ptr, time::Duration};

    use windows_sys::Win32::UI::WindowsAndMessaging::{
        DispatchMessageW, MsgWaitForMultipleObjects, PM_REMOVE, PeekMessageW, QS_ALLINPUT,
    };

    pub(super) struct Pump;

    impl Pump {
        pub(super) fn new() -> Result<Self, &'static str> {
            Ok(Self)
        }

        #[expect(unsafe_code, reason = "Windows hands out hotkeys by three calls that std does not wrap")]
        pub(super) fn turn(&self, patience: Duration) {
            let patience = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
            // SAFETY: no handle is waited for, so the null pointer to them is never read; the message is plain data for
            // which zeros are valid, it outlives both calls, and null stands for every window of this thread.
            unsafe {
                MsgWaitForMultipleObjects(0, ptr::null(), 0, patience, QS_ALLINPUT);
                let mut message = mem::zeroed();
                while PeekMessageW(&mut message, ptr::null_mut(), 0, 0, PM_REMOVE) != 0 {
                    DispatchMessageW(&message);
                }
            }
        }
    }
}
