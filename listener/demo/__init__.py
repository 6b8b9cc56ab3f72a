"""The main job from end to end beside a stand-in PACS, for a person to watch."""
