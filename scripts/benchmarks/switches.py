#!/usr/bin/python3
"""Which ReLUs did rounding switch, and is anything left when they are allowed for?

    ./scripts/bench parity --switches --arch resnet18 --size 64 --steps 3 --out DIR
    /usr/bin/python3 scripts/benchmarks/switches.py DIR

A value near zero that float32 moves across zero switches a ReLU on or off, and with it every gradient below. So three float32 engines (this one,
PyTorch with oneDNN, PyTorch without) are each compared with PyTorch's float64 twice: as it is, and as it is with that engine's own ReLUs, whose
switches were recorded and are imposed on it. What differs then is no switch but rounding. For architectures of which ReLU and ReLU6 are the only kinks.
Errors are those of torch_parity.py: ||w - truth|| / ||truth - before|| of each tensor. Prints a JSON line an engine: switches in each step, and for
the first step [number of the ReLU, how many of its values].
"""
import json, os, statistics, struct, sys
import numpy as np, torch, torchvision


def read(path):
    with open(path, "rb") as f:
        length = struct.unpack("<Q", f.read(8))[0]
        head, data = json.loads(f.read(length)), f.read()
    kinds = {"F32": np.float32, "I64": np.int64, "U8": np.uint8}
    return {name: torch.from_numpy(np.frombuffer(data[slice(*t["data_offsets"])], kinds[t["dtype"]]).reshape(t["shape"]).copy())
            for name, t in head.items() if name != "__metadata__"}


folder = sys.argv[1]
meta = json.load(open(os.path.join(folder, "meta.json")))
before, batch, after = (read(os.path.join(folder, name + ".safetensors")) for name in ("weights", "batch", "after"))
steps = len(meta["losses"])
torch.set_num_threads(2)
imposed, seen = None, []


def activation(x, capped):
    """relu or relu6; notes for each value 0 (zero), 1 (passed) or 2 (cut off at 6), or does what was imposed."""
    if imposed is not None:
        where = imposed[len(seen) - 1][len(seen[-1])]
        y = x * (where == 1).to(x.dtype) + 6 * (where == 2).to(x.dtype)
    else:
        y = torch.clamp(x, 0, 6) if capped else torch.relu(x)
        where = (y > 0).to(torch.uint8) + ((y >= 6).to(torch.uint8) if capped else 0)
    seen[-1].append(where)
    return y


torch.nn.functional.relu = lambda x, inplace=False: activation(x, False)
torch.nn.functional.hardtanh = lambda x, min_val=0.0, max_val=6.0, inplace=False: activation(x, True)


def run(dtype, switches=None):
    global imposed
    imposed = switches
    seen.clear()
    model = getattr(torchvision.models, meta["arch"])(num_classes=meta["classes"])
    for module in model.modules():
        if type(module).__name__ in ("Dropout", "StochasticDepth"):
            module.p = 0.0
    model.load_state_dict(before, strict=False)
    model.to(dtype).train()
    sgd = torch.optim.SGD(model.parameters(), lr=meta["lr"], momentum=meta["momentum"], weight_decay=meta["weight_decay"])
    losses = []
    for _ in range(steps):
        seen.append([])
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(batch["x"].to(dtype)), batch["y"])
        loss.backward()
        sgd.step()
        losses.append(loss.item())
    weights = {name: tensor.detach().double() for name, tensor in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    return weights, losses, [list(step) for step in seen]


def distance(weights, losses, truth, true_losses):
    errors = []
    for name, value in truth.items():
        moved = (value - before[name].double()).norm().item()
        if moved > 1e-6 * max(1.0, value.norm().item()):
            errors.append((weights[name].double() - value).norm().item() / moved)
    loss = max(abs(a - b) / max(abs(b), 1e-6) for a, b in zip(losses, true_losses))
    return {name: float("%.2g" % value) for name, value in dict(median=statistics.median(errors), worst=max(errors), loss=loss).items()}


truth, true_losses, true_switches = run(torch.float64)


def report(engine, weights, losses, switches):
    found = [[(index, int((ours != theirs).sum())) for index, (ours, theirs) in enumerate(zip(*step))] for step in zip(switches, true_switches)]
    allowed, allowed_losses, _ = run(torch.float64, switches)
    print(json.dumps(dict(
        engine=engine, arch=meta["arch"], batch=list(batch["x"].shape), steps=steps,
        switches=[sum(count for _, count in step) for step in found], first=[list(pair) for pair in found[0] if pair[1]][:8],
        against_float64=distance(weights, losses, truth, true_losses), switches_allowed_for=distance(weights, losses, allowed, allowed_losses))), flush=True)


recorded = [read(os.path.join(folder, f"switches{step}.safetensors")) for step in range(steps)]
ours = [[recorded[step][f"relu{index}"].reshape(where.shape) for index, where in enumerate(true_switches[step])] for step in range(steps)]
report("ai-studio", after, meta["losses"], ours)
report("pytorch", *run(torch.float32))
torch.backends.mkldnn.enabled = False
report("pytorch without oneDNN", *run(torch.float32))
