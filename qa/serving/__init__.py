"""The warm service behind `qa serve`. Needs the extra [serve]; nothing else imports it."""
