/* SPDX-License-Identifier: MIT
 * GET /: the page for chatting. */
#include "serve/http_error.h"
#include "serve/page.h"
#include "serve/routes.h"

void lwi_api_page(lwi_exchange *x) {
    lwi_buffer page = lwi_buffer_new(&lwi_malloc_allocator);
    const lw_status status = lwi_buffer_put(&page, lwi_page, lwi_page_size);
    x->policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                "connect-src 'self'; frame-ancestors 'none'";
    if (status == LW_OK) lwi_answer(x, 200, "text/html; charset=utf-8", &page);
    else lwi_refuse_status(x, status);
    lwi_buffer_free(&page);
}
