#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

napi_value throw_errno(napi_env env, int error, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "%.300s: %s", what, uv_strerror(-error));
	napi_throw_error(env, uv_err_name(-error), text);
	return NULL;
}

bool get_args(napi_env env, napi_callback_info info, size_t count, napi_value *argv)
{
	size_t argc = count;

	if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) == napi_ok && argc >= count)
		return true;
	napi_throw_type_error(env, NULL, "too few arguments");
	return false;
}

static uint32_t get_uint32(napi_env env, napi_value value)
{
	uint32_t number = UINT32_MAX;

	napi_get_value_uint32(env, value, &number);
	return number;
}

bool call_begin(struct hub *hub, struct call *call)
{
	napi_value receiver;

	if (hub->ending || napi_open_handle_scope(hub->env, &call->handles) != napi_ok)
		return false;
	if (napi_get_reference_value(hub->env, hub->receiver, &receiver) == napi_ok &&
	    napi_open_callback_scope(hub->env, receiver, hub->context, &call->callback) == napi_ok)
		return true;
	napi_close_handle_scope(hub->env, call->handles);
	return false;
}

bool call_function(struct hub *hub, napi_ref function, size_t argc, const uint32_t *argv)
{
	napi_value receiver, callee, answer, error, values[4];
	napi_status status;

	for (size_t i = 0; i < argc; i++)
		napi_create_uint32(hub->env, argv[i], &values[i]);
	napi_get_reference_value(hub->env, hub->receiver, &receiver);
	napi_get_reference_value(hub->env, function, &callee);
	status = napi_call_function(hub->env, receiver, callee, argc, values, &answer);
	if (status == napi_ok)
		return true;
	if (status == napi_pending_exception &&
	    napi_get_and_clear_last_exception(hub->env, &error) == napi_ok)
		napi_fatal_exception(hub->env, error);
	return false;
}

int32_t call_quick(struct hub *hub, uint32_t id, uint32_t size)
{
	napi_value receiver, callee, answer, error, values[2];
	napi_handle_scope handles;
	int32_t number = -1;

	if (hub->ending || napi_open_handle_scope(hub->env, &handles) != napi_ok)
		return -1;
	napi_create_uint32(hub->env, id, &values[0]);
	napi_create_uint32(hub->env, size, &values[1]);
	napi_get_reference_value(hub->env, hub->receiver, &receiver);
	napi_get_reference_value(hub->env, hub->on_quick, &callee);
	if (napi_call_function(hub->env, receiver, callee, 2, values, &answer) == napi_ok)
		napi_get_value_int32(hub->env, answer, &number);
	else
		napi_get_and_clear_last_exception(hub->env, &error);
	napi_close_handle_scope(hub->env, handles);
	return number;
}

void call_finish(struct hub *hub, struct call *call)
{
	napi_close_callback_scope(hub->env, call->callback);
	napi_close_handle_scope(hub->env, call->handles);
}

/* The hub's memory outlives all of its handles. */
void hub_handle_closed(struct hub *hub)
{
	if (--hub->open_handles > 0)
		return;
	free(hub->connections);
	napi_remove_async_cleanup_hook(hub->cleanup);
	free(hub);
}

static void on_idle_closed(uv_handle_t *handle)
{
	hub_handle_closed(handle->data);
}

/* The environment ends: close what is open, and let it go on once the loop has let go of every handle. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data)
{
	struct hub *hub = data;

	(void)handle;
	hub->ending = true;
	listener_close_all(hub);
	for (uint32_t i = 0; i < hub->connections_size; i++)
		if (hub->connections[i])
			connection_close(hub->connections[i]);
	if (hub->reserve_fd >= 0)
		close(hub->reserve_fd);
	uv_close((uv_handle_t *)&hub->idle, on_idle_closed);
}

static struct hub *get_hub(napi_env env)
{
	void *hub = NULL;

	napi_get_instance_data(env, &hub);
	if (!hub)
		napi_throw_error(env, NULL, "start() comes first");
	return hub;
}

/* start(bytes, reply, fds, onData, onQuick, onClosed, onAccept): once for each environment. */
static napi_value start(napi_env env, napi_callback_info info)
{
	napi_value argv[7], receiver, name;
	void *there = NULL;
	struct hub *hub;

	if (!get_args(env, info, 7, argv))
		return NULL;
	napi_get_instance_data(env, &there);
	if (there) {
		napi_throw_error(env, NULL, "started already");
		return NULL;
	}
	hub = calloc(1, sizeof(*hub));
	if (!hub)
		return throw_errno(env, ENOMEM, "start");
	hub->env = env;
	if (napi_get_buffer_info(env, argv[0], (void **)&hub->in, &hub->in_size) != napi_ok ||
	    napi_get_buffer_info(env, argv[1], (void **)&hub->out, &hub->out_size) != napi_ok ||
	    napi_get_typedarray_info(env, argv[2], NULL, NULL, (void **)&hub->fds, NULL, NULL) != napi_ok ||
	    napi_get_uv_event_loop(env, &hub->loop) != napi_ok) {
		free(hub);
		napi_throw_type_error(env, NULL, "start: two buffers and an Int32Array");
		return NULL;
	}
	napi_create_object(env, &receiver);
	napi_create_string_utf8(env, "mock-accel", NAPI_AUTO_LENGTH, &name);
	napi_async_init(env, receiver, name, &hub->context);
	napi_create_reference(env, receiver, 1, &hub->receiver);
	napi_create_reference(env, argv[0], 1, &hub->in_ref);
	napi_create_reference(env, argv[1], 1, &hub->out_ref);
	napi_create_reference(env, argv[2], 1, &hub->fds_ref);
	napi_create_reference(env, argv[3], 1, &hub->on_data);
	napi_create_reference(env, argv[4], 1, &hub->on_quick);
	napi_create_reference(env, argv[5], 1, &hub->on_closed);
	napi_create_reference(env, argv[6], 1, &hub->on_accept);
	hub->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	uv_idle_init(hub->loop, &hub->idle);
	hub->idle.data = hub;
	hub->open_handles = 1;
	napi_set_instance_data(env, hub, NULL, NULL);
	napi_add_async_cleanup_hook(env, on_cleanup, hub, &hub->cleanup);
	return NULL;
}

/* busyPoll(microseconds): 0 turns it off. */
static napi_value busy_poll(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	napi_value argv[1];

	if (!hub || !get_args(env, info, 1, argv))
		return NULL;
	hub->spin_for = (uint64_t)get_uint32(env, argv[0]) * 1000;
	/* Polling on the machine's only processor keeps the client from what is waited for. */
	if (sysconf(_SC_NPROCESSORS_ONLN) == 1)
		hub->spin_for = 0;
	trial_begin(&hub->trial, uv_hrtime());
	spin_stop(hub);
	return NULL;
}

/* listen(path): the listener's id. */
static napi_value listen_at(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	napi_value argv[1], result;
	char path[256], what[300];
	size_t length;
	uint32_t id;
	int error;

	if (!hub || !get_args(env, info, 1, argv))
		return NULL;
	napi_get_value_string_utf8(env, argv[0], path, sizeof(path), &length);
	error = listener_open(hub, path, &id);
	if (error) {
		snprintf(what, sizeof(what), "listen at %s", path);
		return throw_errno(env, error, what);
	}
	napi_create_uint32(env, id, &result);
	return result;
}

static napi_value close_listener(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	napi_value argv[1];

	if (hub && get_args(env, info, 1, argv))
		listener_close(hub, get_uint32(env, argv[0]));
	return NULL;
}

/* send(id, data, length): the first `length` bytes of a buffer. */
static napi_value send_now(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	struct connection *c;
	napi_value argv[3];
	size_t size, length;
	void *data;

	if (!hub || !get_args(env, info, 3, argv))
		return NULL;
	c = connection_find(hub, get_uint32(env, argv[0]));
	if (!c)
		return NULL;
	if (napi_get_typedarray_info(env, argv[1], NULL, &size, &data, NULL, NULL) != napi_ok) {
		napi_throw_type_error(env, NULL, "send: bytes");
		return NULL;
	}
	length = get_uint32(env, argv[2]);
	connection_send(c, data, length < size ? length : size);
	return NULL;
}

static napi_value backlog(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	struct connection *c;
	napi_value argv[1], result;

	if (!hub || !get_args(env, info, 1, argv))
		return NULL;
	c = connection_find(hub, get_uint32(env, argv[0]));
	napi_create_double(env, c ? (double)c->queued : 0, &result);
	return result;
}

/* end(id): whether it has ended at once; else onClosed tells. */
static napi_value end(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	struct connection *c;
	napi_value argv[1], result;

	if (!hub || !get_args(env, info, 1, argv))
		return NULL;
	c = connection_find(hub, get_uint32(env, argv[0]));
	napi_get_boolean(env, !c || connection_end(c), &result);
	return result;
}

static napi_value destroy(napi_env env, napi_callback_info info)
{
	struct hub *hub = get_hub(env);
	struct connection *c;
	napi_value argv[1];

	if (!hub || !get_args(env, info, 1, argv))
		return NULL;
	c = connection_find(hub, get_uint32(env, argv[0]));
	if (c)
		connection_close(c);
	return NULL;
}

NAPI_MODULE_INIT()
{
	const napi_property_descriptor functions[] = {
		{"start", NULL, start, NULL, NULL, NULL, napi_default, NULL},
		{"busyPoll", NULL, busy_poll, NULL, NULL, NULL, napi_default, NULL},
		{"listen", NULL, listen_at, NULL, NULL, NULL, napi_default, NULL},
		{"closeListener", NULL, close_listener, NULL, NULL, NULL, napi_default, NULL},
		{"send", NULL, send_now, NULL, NULL, NULL, napi_default, NULL},
		{"backlog", NULL, backlog, NULL, NULL, NULL, napi_default, NULL},
		{"end", NULL, end, NULL, NULL, NULL, napi_default, NULL},
		{"destroy", NULL, destroy, NULL, NULL, NULL, napi_default, NULL},
	};

	napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
	return memory_exports(env, exports);
}
