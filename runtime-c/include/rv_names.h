/**
 * @file rv_names.h
 * @brief Names of the runtime's functions for the linker. Within a package every one begins with
 * the network's own prefix, so that packages stand side by side in any build; here they are as they
 * are.
 */
#ifndef RV_NAMES_H
#define RV_NAMES_H

#endif
