// Xen's headers. xenctrl.h must come first: it turns on what the others show to tools only.
#ifndef MODEL_XEN_H
#define MODEL_XEN_H

#include <xenctrl.h>

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>
#include <xen/hvm/save.h>
#include <xencall.h>
#include <xenforeignmemory.h>

#endif
