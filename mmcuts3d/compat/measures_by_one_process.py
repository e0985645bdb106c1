"""The measures of a test on several processes, written by one of them.

mmengine writes ``work_dir/TIME/TIME.json`` at the end of a test from every
process, to one path. The times in it differ, and so do the lengths: where two
write at once, the file is no JSON any more. Upstream:
https://github.com/open-mmlab/mmengine/pull/124 mended the same for the scalars
of a training. Delete this file when ``LoggerHook.after_test_epoch`` asks for
the main process, which no version up to 0.10.12 does.
"""


def install() -> None:
    """Repair mmengine, once."""
    from mmengine.dist import master_only
    from mmengine.hooks import LoggerHook

    write = LoggerHook.after_test_epoch
    if not hasattr(write, '__wrapped__'):
        LoggerHook.after_test_epoch = master_only(write)
