//! A real Chromium under WebDriver, for journeys and accessibility.
