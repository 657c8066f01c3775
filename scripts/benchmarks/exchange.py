"""Peer of exchange.ts: /usr/bin/python3 exchange.py ARCH CLASSES DIR STEPS (needs torch and torchvision).

Reads DIR/ours.safetensors and DIR/batch.safetensors, writes the logits that PyTorch makes of our weights. Then trains weights of its own on pictures of one colour a
class, saves them as PyTorch does, in both formats, with the logits that it makes of them.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torchvision


def read(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header, data = json.loads(file.read(length)), file.read()
    return {
        name: torch.from_numpy(np.frombuffer(data[of["data_offsets"][0] : of["data_offsets"][1]], np.float32).reshape(of["shape"]).copy())
        for name, of in header.items()
        if name != "__metadata__"
    }


def logits_of(model, x):
    with torch.no_grad():
        return model.eval()(x)


def write(path, tensor):
    tensor.float().numpy().astype("<f4").tofile(path)


arch, classes, folder, steps = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
at = lambda name: os.path.join(folder, name)
x = read(at("batch.safetensors"))["x"]
model = getattr(torchvision.models, arch)(num_classes=classes)
found = model.load_state_dict(read(at("ours.safetensors")), strict=False)
missing = [name for name in found.missing_keys if not name.endswith("num_batches_tracked")]
write(at("ours.logits"), logits_of(model, x))

torch.manual_seed(1)
theirs = getattr(torchvision.models, arch)(num_classes=classes)
theirs.train()
colours = torch.randn(classes, 3, 1, 1)
optimizer = torch.optim.SGD(theirs.parameters(), lr=0.002, momentum=0.9, weight_decay=5e-4)
for step in range(steps):
    for group in optimizer.param_groups:
        group["lr"] = 0.002 * min(10, step + 1) / 10
    y = torch.randint(classes, (len(x),))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(theirs(colours[y] + 0.5 * torch.randn(x.shape)), y).backward()
    optimizer.step()
torch.save(theirs.state_dict(), at("theirs.pth"))
torch.save({"epoch": 1, "state_dict": {"module." + k: v for k, v in theirs.state_dict().items()}}, at("theirs-legacy.pth"), _use_new_zipfile_serialization=False)
write(at("theirs.logits"), logits_of(theirs, x))
print(json.dumps({"missing": missing, "unexpected": found.unexpected_keys, "torch": torch.__version__}))
