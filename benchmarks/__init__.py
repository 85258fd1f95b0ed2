"""Speed and quality, measured: A against B. Everything here runs as the command line does."""

from pixray.runtime.allocator import prepare_process

prepare_process()
