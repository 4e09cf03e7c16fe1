{
  "target_defaults": {
    "defines": ["NAPI_VERSION=9", "_GNU_SOURCE"],
    "cflags": ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
    "cflags!": ["-O3", "-fno-omit-frame-pointer"]
  },
  "targets": [
    {
      "target_name": "mock_accel",
      "sources": ["addon.c", "connection.c", "listener.c", "memory.c", "spin.c", "trial.c"]
    },
    {
      "target_name": "peer",
      "sources": ["peer.c", "trial.c"]
    }
  ]
}
