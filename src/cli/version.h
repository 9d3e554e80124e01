/* version.h - the version, said once. Floor: cli (private). */
#ifndef BOTTLE_CLI_VERSION_H
#define BOTTLE_CLI_VERSION_H
#define BT_VERSION "0.1.0"
#endif
