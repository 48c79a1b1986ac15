"""Network: Whisper's architecture, small, with two heads that only training needs.

Enters: normalised log-mel pictures [batch, frames, 80] and token numbers of the lexicon. Leaves: logits. Never here:
data, losses, files.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, ENCODER_LAYERS, DECODER_LAYERS = 192, 3, 4, 2
AUDIO_CONTEXT, TEXT_CONTEXT = 512, 128


def sinusoids(length, width):
    """Whisper's positions: half sines, half cosines, wavelengths from 2 pi to 10,000 times that."""
    rate = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angle = torch.arange(length)[:, None] * rate[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.key = nn.Linear(WIDTH, WIDTH, bias=False)

    def forward(self, x, over=None, causal=False):
        """What `x` takes from `over` (from itself where there is none), and the weights."""
        batch, steps, _ = x.shape
        source = x if over is None else over

        def split(y):
            return y.view(batch, y.shape[1], HEADS, -1).transpose(1, 2)

        query, key, value = split(self.query(x)), split(self.key(source)), split(self.value(source))
        score = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
        if causal:
            score = score + torch.full((steps, steps), -1e4, dtype=score.dtype).triu(1)
        weights = score.float().softmax(-1)
        return self.out((weights.to(value.dtype) @ value).transpose(1, 2).reshape(batch, steps, WIDTH)), weights


class Block(nn.Module):
    def __init__(self, crossing):
        super().__init__()
        self.attn, self.attn_ln, self.crossing = Attention(), nn.LayerNorm(WIDTH), crossing
        if crossing:
            self.cross_attn, self.cross_attn_ln = Attention(), nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(approximate="tanh"), nn.Linear(4 * WIDTH, WIDTH))
        self.mlp_ln = nn.LayerNorm(WIDTH)

    def forward(self, x, over=None):
        x = x + self.attn(self.attn_ln(x), causal=self.crossing)[0]
        weights = None
        if self.crossing:
            taken, weights = self.cross_attn(self.cross_attn_ln(x), over)
            x = x + taken
        return x + self.mlp(self.mlp_ln(x)), weights


class Whisper(nn.Module):
    """Tensor names follow whisper.cpp's below `enc`, `dec`; `phone` and `place` serve training alone."""

    def __init__(self, tokens, phones):
        super().__init__()
        self.conv1 = nn.Conv1d(80, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("epe", sinusoids(AUDIO_CONTEXT, WIDTH))
        self.enc = nn.ModuleList([Block(False) for _ in range(ENCODER_LAYERS)])
        self.ln_post = nn.LayerNorm(WIDTH)
        self.emb = nn.Embedding(tokens, WIDTH)
        self.dpe = nn.Parameter(torch.randn(TEXT_CONTEXT, WIDTH) * 0.01)
        self.dec = nn.ModuleList([Block(True) for _ in range(DECODER_LAYERS)])
        self.ln = nn.LayerNorm(WIDTH)
        self.phone = nn.Linear(WIDTH, phones + 1)
        self.place = nn.Linear(WIDTH, WIDTH)
        nn.init.normal_(self.emb.weight, std=0.05)
        # export.py needs the sum of bias over gain away from zero.
        nn.init.constant_(self.ln.bias, 0.2)
        for block in self.enc:
            look_around(block.attn)

    def encode(self, mel):
        x = F.gelu(self.conv1(mel.transpose(1, 2)), approximate="tanh")
        x = F.gelu(self.conv2(x), approximate="tanh").transpose(1, 2)
        x = x + self.epe[:x.shape[1]]
        for block in self.enc:
            x, _ = block(x)
        return self.ln_post(x)

    def decode(self, tokens, heard):
        """Logits, and each layer's attention to the sound."""
        x, attended = self.emb(tokens) + self.dpe[:tokens.shape[1]], []
        for block in self.dec:
            x, weights = block(x, heard)
            attended.append(weights)
        return F.linear(self.ln(x), self.emb.weight), attended


def look_around(attention):
    """Starts the heads off looking a few positions back, here, and a few ahead: learning where to look takes a small
    model longer than anything else. A rotation of each sine pair by the offset does it."""
    size = WIDTH // HEADS
    rate = torch.exp(-math.log(10_000) / (WIDTH // 2 - 1) * torch.arange(WIDTH // 2))[:size // 2]
    with torch.no_grad():
        for head, offset in enumerate((-3, 0, 3)):
            rows = slice(head * size, (head + 1) * size)
            sine, cosine = torch.arange(size // 2), WIDTH // 2 + torch.arange(size // 2)
            first, second = head * size + torch.arange(size // 2), head * size + size // 2 + torch.arange(size // 2)
            key, query = torch.zeros(WIDTH, WIDTH), torch.zeros(WIDTH, WIDTH)
            key[first, sine], key[second, cosine] = 1.0, 1.0
            turn, slide = torch.cos(rate * offset), torch.sin(rate * offset)
            query[first, sine], query[first, cosine] = turn, slide
            query[second, sine], query[second, cosine] = -slide, turn
            attention.key.weight[rows] += key[rows]
            attention.query.weight[rows] += query[rows]
