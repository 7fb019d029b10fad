# SPDX-License-Identifier: MIT
"""The files that PyTorch makes of a network of the zoo, as cases of `lampwick test`.

    zoo_forms.write(entry, form, folder)  # FOLDER/NAME.FORM/{model.*,inputs.npz,outputs.npz}

Forms: "export" (as torch.export.export leaves it), "core" (run_decompositions()), "saved" (the
program in the archive that torch 2.7 and older wrote); "-fixed" is put behind them where no dimension is free, because none is in the zoo or torch.export allows none.
"trace", "script" and "frozen" (torch.jit.freeze of what could be scripted, else of what was traced).
larger_inputs.npz and larger_outputs.npz: the same program with inputs of other sizes.
"""
import copy
import dataclasses
import re
import warnings
import zipfile

import numpy
import torch

import zoo

EXPORTS = ("export", "core", "saved")
SCRIPTS = ("trace", "script", "frozen")
FORMS = EXPORTS + SCRIPTS


def named(values, name="output"):
    """Tensors in the order of lampwick's outputs, with the names that they have for TorchScript."""
    if isinstance(values, torch.Tensor):
        return [(name, values)]
    if isinstance(values, (int, float)):
        return [(name, torch.tensor(values, dtype=torch.float64 if isinstance(values, float)
                                    else torch.int64))]
    if values is None or isinstance(values, str):
        return []
    keys = values.keys() if isinstance(values, dict) else getattr(values, "_fields", None)
    items = values.values() if isinstance(values, dict) else values
    pairs = zip(keys, items) if keys else enumerate(items)
    return [pair for key, item in pairs for pair in named(item, f"{name}.{key}")]


def flat(values):
    return [tensor for _, tensor in named(values)]


def save_arrays(path, pairs):
    numpy.savez(path, **{str(name): t.detach().float().numpy() if t.dtype == torch.bfloat16
                         else t.detach().numpy() for name, t in pairs})


def run(network, inputs):
    torch.manual_seed(zoo.SEED)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return network(*[x.clone() for x in inputs])


def larger(inputs, free):
    """Inputs whose free dimensions are one more."""
    result = []
    for x, axes in zip(inputs, free):
        for axis in axes or {}:
            x = torch.cat([x, x.narrow(axis, 0, 1)], axis)
        result.append(x)
    return tuple(result)


# ---------------------------------------------------------------------- torch.export


def shapes_of(entry, fixed):
    """Ways to say what is free, the most free first: a network may not allow all."""
    ranges = {name: torch.export.Dim(name, min=least, max=most)
              for name, (least, most) in entry.ranges.items()}

    def sizes(axes):
        return {axis: ranges.get(name, torch.export.Dim.DYNAMIC) for axis, name in axes.items()}

    if not fixed and any(entry.free):
        yield "", tuple(sizes(axes) or None for axes in entry.free)
        yield "", tuple({axis: size for axis, size in sizes(axes).items() if axis == 0} or None
                        for axes in entry.free)
    yield "-fixed", None


def export(entry, network, inputs, fixed):
    """The program, "" or "-fixed", and what is free."""
    for form, shapes in shapes_of(entry, fixed):
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return torch.export.export(network, inputs, dynamic_shapes=shapes,
                                           strict=False), form, shapes
        except Exception:
            if form:
                raise
    raise AssertionError("the last form raises or returns")


def shorten_traces(program):
    """Stack traces name files by where they lie on this machine."""
    for module in program.graph_module.modules():
        for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else []:
            trace = node.meta.get("stack_trace")
            if trace:
                node.meta["stack_trace"] = re.sub(r'File "[^"]*/', 'File "', trace)


def save_as_before(program, path):
    """The archive of torch 2.7 and older, which torch.export.load still reads."""
    from torch._export.serde import schema, serialize
    artifact = serialize.serialize(program)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("serialized_exported_program.json", artifact.exported_program)
        archive.writestr("serialized_state_dict.pt", artifact.state_dict)
        archive.writestr("serialized_constants.pt", artifact.constants)
        archive.writestr("serialized_example_inputs.pt", artifact.example_inputs)
        archive.writestr("version", ".".join(map(str, schema.SCHEMA_VERSION)))
    torch.export.load(path)


def outputs_and_states(network, inputs):
    """What a run gives, and then the buffers that it changes."""
    runner = copy.deepcopy(network)
    outputs = flat(run(runner, inputs))
    outputs += [after for before, after in zip(network.buffers(), runner.buffers())
                if not torch.equal(before, after)]
    return list(enumerate(outputs))


def write_export(entry, form, folder, fixed):
    network, inputs = entry.make()
    program, suffix, shapes = export(entry, network, inputs, fixed)
    if form == "core":
        program = program.run_decompositions()
    target = folder / f"{entry.name}.{form}{suffix}"
    target.mkdir(parents=True, exist_ok=True)
    shorten_traces(program)
    (save_as_before if form == "saved" else torch.export.save)(program, target / "model.pt2")
    save_arrays(target / "inputs.npz", enumerate(flat(inputs)))
    save_arrays(target / "outputs.npz", outputs_and_states(network, inputs))
    if shapes:
        other = larger(inputs, shapes)
        save_arrays(target / "larger_inputs.npz", enumerate(flat(other)))
        save_arrays(target / "larger_outputs.npz", outputs_and_states(network, other))
    return target


# ------------------------------------------------------------------------- torch.jit


def script_of(network, inputs, form):
    if form == "trace":
        return torch.jit.trace(network, inputs, check_trace=False, strict=False)
    if form == "script":
        return torch.jit.script(network)
    try:
        scripted = torch.jit.script(network)
    except Exception:
        scripted = torch.jit.trace(network, inputs, check_trace=False, strict=False)
    return torch.jit.freeze(scripted)


def outputs_and_buffers(path, network, inputs):
    """What a run of the saved program gives, and then the buffers that it writes to."""
    module = torch.jit.load(path)
    names = [name for name, _ in network.named_buffers() if holds(module, name)]
    before = {name: value_of(module, name)._version for name in names}
    outputs = named(run(module, inputs))
    return outputs + [(f"{name}.next", value_of(module, name)) for name in names
                      if value_of(module, name)._version != before[name]]


def value_of(module, name):
    for part in name.split("."):
        module = getattr(module, part)
    return module


def holds(module, name):
    """freeze() leaves only what the program writes to."""
    try:
        return isinstance(value_of(module, name), torch.Tensor)
    except AttributeError:
        return False


def write_larger_script(entry, target, network, inputs):
    other = larger(inputs, entry.free)
    try:
        outputs = outputs_and_buffers(target / "model.pt", network, other)
    except Exception:  # traced for one size only
        return
    save_arrays(target / "larger_inputs.npz", enumerate(flat(other)))
    save_arrays(target / "larger_outputs.npz", outputs)


def write_script(entry, form, folder):
    network, inputs = entry.make()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = script_of(network, inputs, form)
        target = folder / f"{entry.name}.{form}"
        target.mkdir(parents=True, exist_ok=True)
        torch.jit.save(module, target / "model.pt")  # a run may change buffers
    outputs = outputs_and_buffers(target / "model.pt", network, inputs)
    save_arrays(target / "inputs.npz", enumerate(flat(inputs)))
    save_arrays(target / "outputs.npz", outputs)
    if any(entry.free):
        write_larger_script(entry, target, network, inputs)
    return target


def write(entry, form, folder, fixed=False):
    """Returns the case's folder. Raises what PyTorch raises."""
    if form in EXPORTS:
        return write_export(entry, form, folder, fixed)
    return write_script(entry, form, folder)
