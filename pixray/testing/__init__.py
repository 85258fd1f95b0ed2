"""For tests of parts: what each kind promises, as one check that fails with a sentence about what is wrong."""

from pixray.testing.contracts import check_drawer as check_drawer
from pixray.testing.contracts import check_filter as check_filter
from pixray.testing.contracts import check_loss as check_loss
from pixray.testing.contracts import check_perceptor as check_perceptor
from pixray.testing.contracts import loss_context as loss_context
from pixray.testing.contracts import loss_inputs as loss_inputs
from pixray.testing.provider_contract import check_provider as check_provider
from pixray.testing.recorder_contract import check_recorder as check_recorder
from pixray.testing.step_contracts import check_cutouts as check_cutouts
from pixray.testing.step_contracts import check_optimizer as check_optimizer
