"""Trains the small CIFAR-10 network that docs/redistribution.md measures on, and writes it as float ONNX.

    python scripts/cifar/train.py --data ../shared/data/cifar10 -o build/cifar

The network is an inverted-residual CNN whose wide kernels (7, 5, 7) stand early, where they cost SRAM. It learns from the first
4000 training images; the other 660 and the 500 test images are for evaluation only. Writes `net.onnx` and, for `rivulet search`,
`calibrate.npy` (512 training images), `train.npz` (all 4000), `evaluate.npy` with `evaluate_labels.npy`. Needs PyTorch and numpy.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# kernel, expansion, channels, stride of each inverted residual.
BLOCKS = [(7, 3, 16, 2), (5, 3, 16, 1), (7, 3, 32, 2), (3, 2, 32, 1), (3, 2, 32, 1), (3, 4, 48, 2), (3, 3, 48, 1)]
STEM, HEAD, CLASSES = 8, 128, 10
TRAIN_IMAGES, CALIBRATION_IMAGES = 4000, 512
MEAN = np.array([125.3, 123.0, 113.9], np.float32).reshape(1, 3, 1, 1)
STD = np.array([63.0, 62.1, 66.7], np.float32).reshape(1, 3, 1, 1)


def conv(inputs, outputs, kernel, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU6()) if act else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    def __init__(self, inputs, kernel, expansion, outputs, stride):
        super().__init__()
        wide = inputs * expansion
        self.residual = stride == 1 and inputs == outputs
        self.layers = nn.Sequential(
            conv(inputs, wide, 1), conv(wide, wide, kernel, stride, groups=wide), conv(wide, outputs, 1, act=False)
        )

    def forward(self, x):
        y = self.layers(x)
        return x + y if self.residual else y


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [conv(3, STEM, 3)], STEM
        for kernel, expansion, outputs, stride in BLOCKS:
            layers.append(InvertedResidual(channels, kernel, expansion, outputs, stride))
            channels = outputs
        layers.append(conv(channels, HEAD, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(HEAD, CLASSES)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def augmented(images, generator):
    """Random flips and shifts by up to four pixels."""
    flip = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    padded = F.pad(images, (4, 4, 4, 4))
    shifts = torch.randint(0, 9, (len(images), 2), generator=generator)
    return torch.stack([p[:, y : y + 32, x : x + 32] for p, (y, x) in zip(padded, shifts.tolist())])


@torch.no_grad()
def accuracy(model, images, labels):
    model.eval()
    return float((torch.cat([model(x).argmax(1) for x in images.split(250)]) == labels).float().mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    def normalised(name):
        return (np.load(args.data / f"{name}_images.npy").astype(np.float32) - MEAN) / STD

    images, labels = normalised("train"), np.load(args.data / "train_labels.npy").astype(np.int64)
    tests, test_labels = normalised("test"), np.load(args.data / "test_labels.npy").astype(np.int64)
    evaluation = np.concatenate([images[TRAIN_IMAGES:], tests])
    evaluation_labels = np.concatenate([labels[TRAIN_IMAGES:], test_labels])
    images, labels = images[:TRAIN_IMAGES], labels[:TRAIN_IMAGES]
    np.save(args.out / "calibrate.npy", images[:CALIBRATION_IMAGES])
    np.savez(args.out / "train.npz", images=images, labels=labels)
    np.save(args.out / "evaluate.npy", evaluation)
    np.save(args.out / "evaluate_labels.npy", evaluation_labels)

    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    ex, ey = torch.from_numpy(evaluation), torch.from_numpy(evaluation_labels)
    model = Network()
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
    batch = 64
    steps = args.epochs * math.ceil(len(x) / batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps, pct_start=0.1)
    history = []
    for epoch in range(args.epochs):
        model.train()
        for chosen in torch.randperm(len(x), generator=generator).split(batch):
            loss = F.cross_entropy(model(augmented(x[chosen], generator)), y[chosen], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        if (epoch + 1) % 10 == 0 or epoch + 1 == args.epochs:
            history.append({"epoch": epoch + 1, "accuracy": accuracy(model, ex, ey)})
            print(json.dumps(history[-1]), flush=True)
    model.eval()
    torch.save(model.state_dict(), args.out / "net.pt")
    torch.onnx.export(model, (x[:1],), str(args.out / "net.onnx"), input_names=["image"], output_names=["scores"], opset_version=17, dynamo=False)


if __name__ == "__main__":
    main()
