"""Speed and quality, measured: A against B. Everything here runs as the command line does."""

from pixray.process import prepare_process

prepare_process()
