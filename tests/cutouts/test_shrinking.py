import pytest
import torch
from torch.nn import functional as F

from pixray.cutouts.shrinking import shrunk


@pytest.mark.parametrize("size", [(12, 18), (13, 20), (5, 7)])
@pytest.mark.parametrize("factor", [1, 2, 3, 4])
def test_it_is_the_mean_of_the_pixels_there_are_and_so_is_its_gradient(size, factor):
    results = []
    for way in (shrunk, lambda image, by: F.avg_pool2d(image, by, ceil_mode=True, count_include_pad=False)):
        image = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0)).requires_grad_(True)
        small = way(image, factor)
        (small * torch.arange(small.numel()).view(small.shape)).sum().backward()
        results.append((small.detach(), image.grad))
    assert torch.allclose(results[0][0], results[1][0], atol=1e-6)
    assert torch.allclose(results[0][1], results[1][1], rtol=1e-5)
