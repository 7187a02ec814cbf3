/* Stand-in bundle. */
(()=>{"use strict";const r=document.getElementById("root");r&&(r.textContent="Lectio");})();
