/* SPDX-License-Identifier: MIT
 * cmocka wants these before its own header. */
#ifndef CMOCKA_TEST_H
#define CMOCKA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define assert_ok(call) assert_int_equal((call), LW_OK)

#endif
