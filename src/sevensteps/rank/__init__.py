"""What search, video, feed and similar listings share: from candidates to a page."""
