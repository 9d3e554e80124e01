/* near.h - the nearest of some names, for "did you mean". Floor: base.
 *
 *	struct bt_near near = bt_near("skils", n);
 *	for (each name)
 *		bt_near_try(&near, name, strlen(name));
 *	if (near.name) ...
 *
 * Nothing is owned: what is given must outlive the struct. */
#ifndef BOTTLE_NEAR_H
#define BOTTLE_NEAR_H
#include <stddef.h>

#define BT_NEAR_MAX 63 /* bytes of a name: a longer one is near none */

struct bt_near {
	const char *given;
	size_t len;
	const char *name; /* the nearest so far, the first of equals; NULL: none is near enough */
	size_t name_len;
	unsigned best; /* edits that are too many */
};

/* Begin for the name given. Three edits are the most, and half of it and no more where it is
 * short: more than that make another word. */
struct bt_near bt_near(const char *given, size_t len);
void bt_near_try(struct bt_near *near, const char *name, size_t len);
/* Edits (insert, delete, replace, each 1) from a to b; 99 where either is over BT_NEAR_MAX. */
unsigned bt_edit_distance(const char *a, size_t na, const char *b, size_t nb);
#endif
