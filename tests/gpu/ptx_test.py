#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What tests/gpu/ptx_module.h says of wrong PTX, and that it says nothing of right PTX: small kernels,
each launched in a process of its own.

    tests/gpu/ptx_test.py build/tests/fake_cuda/libcuda.so.1
"""
import ctypes
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from checks import check as expect, finish  # noqa: E402

HEAD = """.version 7.0
.target sm_80
.address_size 64
{outside}
.visible .entry kernel(
\t.param .u64 kernel_param_0
)
{{
\t.reg .pred %p<9>;
\t.reg .b16 %rs<9>;
\t.reg .b32 %r<30>;
\t.reg .b64 %rd<9>;
\t.reg .f32 %f<30>;
{variables}
\tld.param.u64 %rd1, [kernel_param_0];
\tmov.u32 %r1, %tid.x;
\tmul.wide.u32 %rd2, %r1, 4;
\tadd.s64 %rd3, %rd1, %rd2;
{body}
$L__end:
\tret;
}}
"""
SHARED = "\t.shared .align 16 .b8 room[256];"
LOCAL = "\t.local .align 8 .b8 __local_depot0[16];\n\t.reg .b64 %SP;\n\t.reg .b64 %SPL;"
# 64 items, memory of 1024 bytes. Name: body, what is said ("": nothing), variables, other functions.
CASES = {
    "right": ("st.global.u32 [%rd3+0], %r1;", ""),
    "a register never written": ("add.s32 %r3, %r1, %r2;", "operand 2 was never written"),
    "never written by some": ("setp.lt.u32 %p1, %r1, 40;\n@%p1 bra $L__a;\nmov.u32 %r2, %r1;\n$L__a:\n"
                              "st.global.u32 [%rd3], %r2;", "item 0 of group 0 0 0"),
    "copied and not used": ("mov.u32 %r3, %r2;", ""),
    "copied and used": ("mov.u32 %r3, %r2;\nneg.s32 %r4, %r3;", "never written"),
    "a branch by nothing": ("@%p1 bra $L__end;", "a branch by what was never written"),
    "a choice by nothing": ("selp.b32 %r2, 1, 2, %p1;", "a choice by what was never written"),
    "outside": ("ld.global.u32 %r2, [%rd3+1020];", "global memory outside"),
    "before": ("st.global.u32 [%rd3+-4], %r1;", "global memory outside"),
    "not aligned": ("ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%rd3];", "item 1 of group 0 0 0"),
    "aligned": ("mul.wide.u32 %rd4, %r1, 16;\nadd.s64 %rd4, %rd1, %rd4;\n"
                "ld.global.v4.u32 {%r2, %r3, %r4, %r5}, [%rd4];", ""),
    "shared": ("mov.u64 %rd4, room;\nadd.s64 %rd4, %rd4, %rd2;\nst.shared.u32 [%rd4], %r1;\nbar.sync 0;\n"
               "ld.shared.u32 %r2, [room+8];", "", SHARED),
    "beyond shared": ("mov.u64 %rd4, room;\nadd.s64 %rd4, %rd4, %rd2;\nst.shared.u32 [%rd4+8], %r1;",
                      "shared memory at 256 of 256 bytes", SHARED),
    "read without a barrier": ("mov.u64 %rd4, room;\nadd.s64 %rd4, %rd4, %rd2;\nst.shared.u32 [%rd4], %r1;\n"
                               "ld.shared.u32 %r2, [room+8];", "that item 2 wrote, without a barrier", SHARED),
    "written without a barrier": ("ld.shared.u32 %r2, [room+8];\nsetp.ne.s32 %p1, %r1, 3;\n@%p1 bra $L__end;\n"
                                  "st.shared.u32 [room+8], %r1;", "that others read, without a barrier", SHARED),
    "written twice": ("st.shared.u32 [room], %r1;", "that item 0 wrote, without a barrier", SHARED),
    "the same written twice": ("mov.b32 %r2, 5;\nst.shared.u32 [room], %r2;", "", SHARED),
    "local": ("mov.u64 %SPL, __local_depot0;\ncvta.local.u64 %SP, %SPL;\nst.u32 [%SP+12], %r1;\n"
              "ld.local.u32 %r2, [%SPL+12];\nst.global.u32 [%rd3], %r2;", "", LOCAL),
    "beyond local": ("mov.u64 %SPL, __local_depot0;\nst.local.u32 [%SPL+16], %r1;",
                     "local memory at 16 of 16 bytes", LOCAL),
    "a parameter that is not there": ("ld.param.u64 %rd4, [kernel_param_0+8];", "a parameter at 8 of 8 bytes"),
    "a barrier for some": ("setp.lt.u32 %p1, %r1, 40;\n@%p1 bra $L__end;\nbar.sync 0;",
                           "24 of 64 items reach the barrier"),
    "two barriers": ("setp.lt.u32 %p1, %r1, 40;\n@%p1 bra $L__a;\nbar.sync 0;\nbra.uni $L__end;\n$L__a:\n"
                     "bar.sync 0;", "a barrier while items of the warp wait"),
    "together, some": ("setp.lt.u32 %p1, %r1, 4;\n@%p1 bra $L__end;\n"
                       "shfl.sync.bfly.b32 %r2, %r1, 1, 0x1f, 0xffffffff;", "28 of 32 items reach"),
    "together after a branch": ("mov.u32 %r2, 7;\nsetp.lt.u32 %p1, %r1, 40;\n@%p1 bra $L__a;\n"
                                "mov.u32 %r2, %r1;\n$L__a:\nshfl.sync.bfly.b32 %r3, %r2, 1, 0x1f, 0xffffffff;", ""),
    "stored before a wait": ("st.global.u32 [%rd3], %r1;\ngriddepcontrol.wait;",
                             "a store before launches are waited for"),
    "stored after a wait": ("griddepcontrol.wait;\nst.global.u32 [%rd3], %r1;", ""),
    "a division by zero": ("div.u32 %r2, 7, %r1;", "a division by zero"),
    "an instruction that is not known": ("popc.b32 %r2, %r1;", "an instruction that is not known: popc.b32"),
    "an operand of another width": ("add.s32 %r2, %r1, %rd1;", "an instruction that is not known"),
    "a label that is not there": ("bra.uni $L__nowhere;", "a label that is not there"),
}
# The results of 64 items, as whole numbers of 32 bits: a body that leaves them in %r2.
RESULTS = {
    "mad": ("mad.lo.s32 %r2, %r1, 3, -5;", lambda i: 3 * i - 5),
    "a loop, of another length for each": (
        "mov.b32 %r2, 0;\nmov.b32 %r3, 0;\n$L__a:\nsetp.ge.u32 %p1, %r3, %r1;\n@%p1 bra $L__b;\n"
        "add.s32 %r2, %r2, %r3;\nadd.s32 %r3, %r3, 1;\nbra.uni $L__a;\n$L__b:", lambda i: i * (i - 1) // 2),
    "shl beyond": ("add.s32 %r3, %r1, 4;\nshl.b32 %r2, 1, %r3;", lambda i: (1 << i + 4) & 0xffffffff),
    "shr.s32 beyond": ("shr.s32 %r2, -64, %r1;", lambda i: -64 >> i),
    "bfe.s32": ("bfe.s32 %r2, 0x89abcdef, %r1, 8;",
                lambda i: (((0xffffffff89abcdef >> i) & 0xff) ^ 0x80) - 0x80 if i < 25 else -1 if i > 31 else
                0x89abcdef - (1 << 32) >> i),
    "prmt": ("mov.b32 %r3, 0x33221180;\nmov.b32 %r4, 0x77665544;\nprmt.b32 %r2, %r3, %r4, 0x8714;",
             lambda i: 0xff771144),
    "a float that is none": ("mov.f32 %f1, 0f7FC00000;\ncvt.rzi.s32.f32 %r2, %f1;", lambda i: 0),
    "a float that is too large": ("mov.f32 %f1, 0f7F800000;\ncvt.rzi.s32.f32 %r2, %f1;", lambda i: 0x7fffffff),
    "min of none": ("mov.f32 %f1, 0f7FC00000;\nmin.f32 %f2, %f1, 0f3F800000;\nmov.b32 %r2, %f2;",
                    lambda i: 0x3f800000),
    "bf16x2": ("cvt.rn.bf16x2.f32 %r2, 0f3F800000, 0f40000000;", lambda i: 0x3f804000),
    "a function": ("{ // callseq 0\n.param .b32 param0;\nst.param.b32 [param0+0], %r1;\n.param .b32 retval0;\n"
                   "call.uni (retval0),\ntwice,\n(\nparam0\n);\nld.param.b32 %r2, [retval0+0];\n}",
                   lambda i: 2 * i, "",
                   ".func (.param .b32 func_retval0) twice(\n.param .b32 twice_param_0\n)\n{\n.reg .b32 %r<3>;\n"
                   "ld.param.u32 %r1, [twice_param_0];\nadd.s32 %r2, %r1, %r1;\n"
                   "st.param.b32 [func_retval0+0], %r2;\nret;\n}\n"),
}


def text_of(body, variables="", outside=""):
    return HEAD.format(body=body, variables=variables, outside=outside).encode()


def launch(path, text):
    """Runs the kernel; the card's memory after it."""
    cuda = ctypes.CDLL(path)
    context, module, kernel, stream = (ctypes.c_void_p() for _ in range(4))
    memory, room = ctypes.c_uint64(), (ctypes.c_int32 * 256)()
    for code in (cuda.cuInit(0), cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0),
                 cuda.cuCtxPushCurrent_v2(context), cuda.cuStreamCreate(ctypes.byref(stream), 1),
                 cuda.cuModuleLoadDataEx(ctypes.byref(module), text, 0, None, None),
                 cuda.cuModuleGetFunction(ctypes.byref(kernel), module, b"kernel"),
                 cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(1024))):
        assert code == 0, code
    parameters = (ctypes.c_void_p * 1)(ctypes.addressof(memory))
    assert cuda.cuLaunchKernel(kernel, 1, 1, 1, 64, 1, 1, 0, stream, parameters, None) == 0
    assert cuda.cuStreamSynchronize(stream) == 0
    assert cuda.cuMemcpyDtoHAsync_v2(room, memory, ctypes.c_size_t(1024), stream) == 0
    print(*room[:64])


def in_process(name):
    env = dict(os.environ, FAKE_CARD="ptx")
    done = subprocess.run([sys.executable, __file__, *sys.argv[1:2], name], env=env, capture_output=True, text=True)
    return done.returncode, done.stdout.split(), done.stderr


def main():
    for name, (_, sentence, *_) in CASES.items():
        code, _, said = in_process(name)
        expect(name, sentence in said and (code == 0) == (sentence == ""), (code, said[-400:]))
    for name, (_, result, *_) in RESULTS.items():
        code, out, said = in_process(name)
        expected = [(result(i) + (1 << 31)) % (1 << 32) - (1 << 31) for i in range(64)]
        expect(name, code == 0 and list(map(int, out)) == expected, (code, said[-400:], out, expected))
    finish()


if len(sys.argv) > 2:
    if sys.argv[2] in CASES:
        body, _, *more = CASES[sys.argv[2]]
    else:
        body, _, *more = RESULTS[sys.argv[2]]
        body += "\nst.global.u32 [%rd3], %r2;"
    launch(sys.argv[1], text_of(body, *more))
else:
    main()
